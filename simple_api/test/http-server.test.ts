import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHttpServer, MAX_CONNECTIONS } from '../src/http-server';
import { captureLog } from './captured-log';

let server: Server;
let port: number;
let lines: string[];

beforeEach(async () => {
  const log = captureLog();
  lines = log.lines;
  server = createHttpServer((_req, res) => res.end('ok'), log.logger);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends bytes as they are and returns all that comes back until the connection ends. */
async function exchange(...bytes: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  socket.on('error', () => undefined);
  for (const part of bytes) socket.write(part);
  await once(socket, 'close');
  return answer;
}

describe('what Node refuses is answered with JSON, and logged', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', '400 Bad Request', 'Bad request'],
    [
      'a space in a header name',
      'GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n',
      '400 Bad Request',
      'Bad request',
    ],
    [
      'two different lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      '400 Bad Request',
      'Bad request',
    ],
    [
      'a length and chunks (request smuggling)',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      '400 Bad Request',
      'Bad request',
    ],
    [
      'headers of more than 16 KiB',
      `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(16 * 1024)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'Request headers too large',
    ],
    [
      'a URL of more than 16 KiB',
      `GET /${'a'.repeat(16 * 1024)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'Request headers too large',
    ],
  ])('%s', async (_what, bytes, status, message) => {
    const answer = await exchange(bytes);
    const body = `{\n  "error": "${message}"\n}\n`;
    expect(answer).toContain(`HTTP/1.1 ${status}\r\n`);
    expect(answer).toContain('Content-Type: application/json\r\n');
    expect(answer).toContain(`Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    expect(lines.at(-1)).toContain(message);
  });
});

test.each([
  ['an unknown transfer coding', 'xchunked', ''],
  ['malformed chunks', 'chunked', 'zz\r\n'],
])('a request with %s that was answered gets no second answer', async (_what, coding, body) => {
  server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
  const answer = await exchange(
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n${body}`,
  );
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
});

test.each([
  ['http://u:hush@localhost/x?y', '/x?y'],
  ['http://[::1/x', '/x'],
  ['http://u:hush@a:b:c', '/'],
  ['http://a?x', '/?x'],
  ['*', '/*'],
])('a request for %s reaches the app as one for %s', async (target, expected) => {
  let seen: string | undefined;
  server.on('request', (req) => {
    seen = req.url;
  });
  await exchange(`OPTIONS ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(seen).toBe(expected);
});

test('headers that do not end in time are answered 408', async () => {
  server.closeAllConnections();
  expect(server.headersTimeout).toBe(5_000);
  expect(server.requestTimeout).toBe(10_000);
  server.headersTimeout = 100;
  const answer = await exchange('GET / HTTP/1.1\r\nHost: x\r\n');
  expect(answer).toContain('HTTP/1.1 408 Request Timeout\r\n');
});

test('a connection on which nothing is sent is closed in time', async () => {
  server.headersTimeout = 100;
  expect(await exchange()).toContain('408');
});

test('two Authorization headers reach the app as one that is malformed', async () => {
  let seen: string | undefined;
  server.prependListener('request', (req) => {
    seen = req.headers.authorization;
  });
  await exchange(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic YTpi\r\nAuthorization: Basic Yzpk\r\n\r\n',
  );
  expect(seen).toBe('Basic YTpi, Basic Yzpk');
});

test('a connection above the limit is refused and logged, those there are served on', async () => {
  expect(server.maxConnections).toBe(MAX_CONNECTIONS);
  server.maxConnections = 1;
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  expect(await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  expect(lines.join('')).toContain('too many connections');
  first.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [data] = await once(first, 'data');
  expect(String(data)).toContain('200 OK');
});

test('a client that goes away is no event for the log', async () => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHo');
  socket.resetAndDestroy();
  await once(socket, 'close');
  expect(await exchange('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain(
    '200 OK',
  );
  expect(lines).toEqual([]);
});
