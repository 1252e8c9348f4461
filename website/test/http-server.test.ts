import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHttpServer } from '../src/http-server';
import { captureLog } from './captured-log';
import { listen, type RunningServer } from './scripted-api';

let server: RunningServer;
let lines: string[];
let httpServer: ReturnType<typeof createHttpServer>;

beforeEach(async () => {
  const log = captureLog();
  lines = log.lines;
  httpServer = createHttpServer((_req, res) => res.end('hello'), log.logger);
  server = await listen(httpServer);
});
afterEach(() => server.close());

/** Sends bytes on a connection of their own and returns all that comes back. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

test('what is not HTTP is answered 400, in plain text', async () => {
  const answer = await exchange('hidden nonsense\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain\r\n/);
  expect(answer).toMatch(/\r\n\r\nBad request\n$/);
  expect(lines.join()).toContain('"status":400');
  expect(lines.join()).not.toContain('hidden');
});

test('headers that are too large are answered 431', async () => {
  const answer = await exchange(
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 431 .*\r\n\r\nRequest headers too large\n$/s);
});

test('a request with a malformed body that was answered gets no second answer', async () => {
  httpServer.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
  const answer = await exchange('GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n');
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
});

test('a request that is too slow is answered 408', async () => {
  httpServer.headersTimeout = 100;
  const answer = await exchange('GET / HTTP/1.1\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*\r\n\r\nRequest took too long\n$/s);
});

test('a client that breaks off harms nobody', async () => {
  const socket = connect(server.port, '127.0.0.1', () => {
    socket.write('GET / HT');
    setTimeout(() => socket.resetAndDestroy(), 20);
  });
  await sleep(100);
  expect(await (await fetch(server.url)).text()).toBe('hello');
  expect(lines).toEqual([]);
});

test('one connection too many is closed at once, and logged', async () => {
  httpServer.maxConnections = 1;
  const first = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => first.once('connect', resolve));
  expect(await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  expect(lines.join()).toContain('too many connections');
  first.destroy();
});
