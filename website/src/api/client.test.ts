import dns from 'node:dns/promises';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { OWN, openApi } from '../../test/recorded-api';
import { respond, startServer } from '../../test/scripted-api';
import { holdTimeLimits } from '../../test/time-limits';
import { DEFAULT_QUERY } from '../students/address';
import { createApiClient } from './client';
import type { ApiError, ApiErrorKind } from './error';
import { MAX_RESPONSE_BYTES } from './request';

const connectTo = (url: string) => createApiClient(url, 'website', 'hidden');
const never = new AbortController().signal;

let limits: ReturnType<typeof holdTimeLimits>;
beforeEach(() => {
  limits = holdTimeLimits();
});
afterEach(() => void jest.restoreAllMocks());

async function clientOf(listener: RequestListener, path = '') {
  const { url } = await startServer(listener);
  const { page } = connectTo(url + path);
  return { page: (signal = never) => page(DEFAULT_QUERY, { signal }) };
}

const errorOf = (asked: Promise<unknown>): Promise<Partial<ApiError>> =>
  asked.then(
    () => ({ message: 'no error' }),
    (error) => error,
  );

const list: RequestListener = async (req, res) => (await openApi()).listener(req, res);

test('asks for a page, with the credentials, and nothing else, on a connection that it keeps', async () => {
  const seen = new Set<unknown>();
  const { page } = await clientOf((req, res) => {
    const { authorization, 'accept-encoding': coding } = req.headers;
    seen.add(req.socket).add(`${req.method} ${req.url} ${authorization} ${coding}`);
    req.url = req.url?.replace('/behind/a/proxy', '');
    list(req, res);
  }, '/behind/a/proxy');
  for (let i = 0; i < 3; i++) expect(await page()).toMatchObject({ all: 6, pages: 1 });
  const path = '/behind/a/proxy/supmit/api/v1.0/students?name=&sort=name&order=asc&page=1&size=100';
  expect([...seen]).toEqual([expect.any(Object), `GET ${path} ${OWN} identity`]);
});

describe('of an API that is at fault, it says what the fault is:', () => {
  const tagged = (text: string) => respond(200, text, { ETag: '"x"' });
  const begin = (text: string, end: (res: { destroy(): unknown }) => unknown): RequestListener => {
    return (_req, res) => void res.writeHead(200).write(text, () => end(res));
  };
  const endLimit = () => limits.end();
  test.each<[fault: string, RequestListener, ApiErrorKind, cause: RegExp]>([
    // Some servers send back what they were sent.
    ['401', (req, res) => void res.writeHead(401).end(req.headers.authorization), 'refused', /401/],
    [
      '403',
      respond(403),
      'refused',
      /403 .request [-\w]+.; are API_USERNAME and API_PASSWORD what/,
    ],
    ['429', respond(429), 'refused', /responded with 429/],
    ['503', respond(503), 'no-list', /no list to serve/],
    ['500', respond(500), 'nonsense', /responded with 500/],
    ['304 that nobody asked for', respond(304), 'nonsense', /responded with 304/],
    ['a redirect', respond(302, '', { Location: '/hidden' }), 'nonsense', /responded with 302/],
    ['HTML', tagged('<h1>hidden</h1>'), 'nonsense', /not what it must be/],
    ['a wrong age', tagged('{"students":[{"name":"x","age":-1}]}'), 'nonsense', /not what it must/],
    ['no entity tag', respond(200, '{}'), 'nonsense', /not what it must be/],
    ['one that is cut', begin('{', (res) => res.destroy()), 'nonsense', /broken/],
    ['far too much', tagged(`"${'x'.repeat(MAX_RESPONSE_BYTES)}"`), 'nonsense', /maxContentLength/],
    ['no HTTP', (req) => void req.socket.end('SSH-2.0-hidden\r\n'), 'nonsense', /broken: HPE_/],
    ['no response', (req) => void req.socket.destroy(), 'unreachable', /ECONNRESET/],
    ['silence', endLimit, 'timeout', /no complete response/],
    ['one without an end', begin(' ', endLimit), 'timeout', /no complete response/],
  ])('%s', async (_fault, listener, kind, cause) => {
    const error = await errorOf((await clientOf(listener)).page());
    expect(error).toMatchObject({ name: 'ApiError', kind });
    expect(error.message).toMatch(cause);
    expect(JSON.stringify(error) + error.message + error.stack).not.toMatch(/hidden|d2Vic2l0/);
  });

  test('its name cannot be looked up', async () => {
    const failed = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    jest.spyOn(dns, 'lookup').mockRejectedValue(failed);
    const error = await errorOf(connectTo('http://api').version());
    expect(error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^ENOTFOUND: getaddrinfo/),
    });
  });
});

test('who leaves ends the request, and no replica is blamed', async () => {
  const leave = new AbortController();
  const sockets = new Set<Socket>();
  const { page } = await clientOf((req, res) => {
    sockets.add(req.socket);
    if (leave.signal.aborted) return list(req, res);
    leave.abort(new Error('gone'));
  });
  expect(await errorOf(page(leave.signal))).toMatchObject({ message: 'gone' });
  expect(await page()).toMatchObject({ all: 6 });
  expect(sockets.size).toBe(2);
});

// Only 127.0.0.1 is there on a Mac, unless somebody has added the others.
const hasAddresses = process.platform !== 'darwin';
if (!hasAddresses) console.log('Skipped, several replicas: this machine has no 127.0.0.2');
(hasAddresses ? describe : describe.skip)('of an API with several replicas', () => {
  const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

  /** Starts a replica at each address, all on one port, and a client that finds them by a name. */
  async function startReplicas(...listeners: readonly (RequestListener | undefined)[]) {
    let port = 0;
    const sockets: Socket[] = [];
    for (const [index, listener] of listeners.entries()) {
      const replica = await startServer(listener, ADDRESSES[index], port);
      replica.server.on('connection', (socket) => sockets.push(socket));
      port = replica.port;
      if (!listener) await replica.close();
    }
    const found = ADDRESSES.slice(0, listeners.length).map((address) => ({ address, family: 4 }));
    const lookUp = async () => Object.assign(found.toReversed(), { address: '', family: 4 });
    jest.spyOn(dns, 'lookup').mockImplementation(lookUp); // as the type of one address
    const { page } = connectTo(`http://api:${port}`);
    return { page: () => page(DEFAULT_QUERY, { signal: never }), sockets };
  }

  const half = '{"students":[';
  test.each<[string, RequestListener | undefined]>([
    ['refuses the connection', undefined],
    ['ends the connection', (req) => void req.socket.destroy()],
    ['is silent', () => limits.end()],
    ['stops in the middle', (_req, res) => void res.write(half, () => limits.end())],
    ['has no list', respond(503)],
    ['refuses the credentials', respond(401)],
  ])('one that %s is stepped over, wherever it stands', async (_how, bad) => {
    for (const good of [1, 2]) {
      const { page, sockets } = await startReplicas(bad, ...[bad, bad].with(good - 1, list));
      for (let i = 0; i < 3; i++) expect(await page()).toMatchObject({ all: 6 });
      expect(sockets.length).toBeLessThanOrEqual(3); // that to the good one is kept
    }
  });

  test('one that fails later is left for another; what others wait for is not cut', async () => {
    let isSlow = false;
    const waiting: (() => void)[] = [];
    const slow: RequestListener = (req, res) => {
      if (isSlow) waiting.push(() => list(req, res));
      else list(req, res);
    };
    const { page } = await startReplicas(slow, slow);
    await page();
    isSlow = true;
    const first = page();
    while (waiting.length < 1) await new Promise(setImmediate);
    limits.end();
    while (waiting.length < 2) await new Promise(setImmediate);
    waiting[1]?.();
    expect(await first).toMatchObject({ all: 6 });
  });

  test('all that fail give the error of the last', async () => {
    const { page } = await startReplicas(undefined, respond(503));
    expect(await errorOf(page())).toMatchObject({ kind: 'no-list' });
  });
});
