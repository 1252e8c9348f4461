import type { RequestListener } from 'node:http';
import type { ApiErrorKind } from '../src/api-error';
import { answerStatus, answerText } from './scripted-api';

/** A way in which an API can be at fault, at once: those that take time are tested by themselves. */
export interface Fault {
  readonly fault: string;
  readonly listener: RequestListener;
  /** What the client makes of it. */
  readonly kind: ApiErrorKind;
  /** What the log says. */
  readonly cause: RegExp;
  /** The website's answer. */
  readonly status: number;
}

const nonsense = { kind: 'nonsense', status: 502 } as const;
const noListIn = (text: string, cause: RegExp) => ({
  listener: answerText(text),
  cause,
  ...nonsense,
});

/** All of them. None of their answers may reach a visitor. */
export const FAULTS: readonly Fault[] = [
  {
    fault: '401',
    // Some servers send back what they were sent.
    listener: (req, res) => void res.writeHead(401).end(req.headers.authorization),
    kind: 'refused-credentials',
    cause: /answered 401; set API_USERNAME and API_PASSWORD/,
    status: 502,
  },
  {
    fault: '403',
    listener: answerStatus(403),
    kind: 'refused-credentials',
    cause: /answered 403/,
    status: 502,
  },
  {
    fault: '429',
    listener: answerStatus(429),
    kind: 'refused-credentials',
    cause: /answered 429/,
    status: 502,
  },
  {
    fault: '503',
    listener: answerStatus(503),
    kind: 'no-list',
    cause: /no list to serve/,
    status: 503,
  },
  { fault: '500', listener: answerStatus(500), cause: /answered 500/, ...nonsense },
  { fault: '404', listener: answerStatus(404), cause: /answered 404/, ...nonsense },
  { fault: '204', listener: answerStatus(204), cause: /answered 204/, ...nonsense },
  {
    fault: 'a redirect',
    listener: answerStatus(302, { Location: '/elsewhere' }),
    cause: /answered 302/,
    ...nonsense,
  },
  { fault: 'HTML', ...noListIn('<!doctype html><h1>Hello hidden</h1>', /it is not JSON/) },
  { fault: 'nothing', ...noListIn('', /it is not JSON/) },
  { fault: 'half of a list', ...noListIn('{"student_ages":{"Ahmed":"20"', /it is not JSON/) },
  { fault: 'another object', ...noListIn('{"students":{}}', /no object "student_ages"/) },
  { fault: 'an array', ...noListIn('[["Ahmed","20"]]', /no object "student_ages"/) },
  { fault: 'null', ...noListIn('null', /no object "student_ages"/) },
  { fault: 'a wrong age', ...noListIn('{"student_ages":{"hidden":-1}}', /age of student 1/) },
  { fault: 'no name', ...noListIn('{"student_ages":{"":"20"}}', /name of student 1/) },
  {
    fault: 'an answer shorter than announced',
    listener: (_req, res) => {
      res.writeHead(200, { 'Content-Length': 1_000 });
      res.write('{"student_ages":{}}', () => res.destroy());
    },
    cause: /broken/,
    ...nonsense,
  },
  {
    fault: 'an answer that is not HTTP',
    listener: (req) => void req.socket.end('SSH-2.0-OpenSSH_9.6 hidden\r\n'),
    cause: /broken: HPE_/,
    ...nonsense,
  },
  {
    fault: 'a connection that ends before the answer',
    listener: (req) => void req.socket.destroy(),
    kind: 'unreachable',
    cause: /ECONNRESET/,
    status: 503,
  },
];
