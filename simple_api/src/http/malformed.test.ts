import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { captureLog } from '../../test/captured-log';
import { exchange } from '../../test/exchange';
import { createExpress, readBody } from '../service/express';
import { listen, type Service } from '../service/server';
import { refuseMalformed } from './malformed';

let service: Service;
let lines: string[];

beforeEach(async () => {
  const log = captureLog();
  lines = log.lines;
  const app = createExpress(log.logger);
  app.use(readBody());
  app.get('/long', (_req, res) => {
    res.setHeader('Content-Length', 5);
    res.write('12'); // the rest never comes
  });
  app.use((_req, res) => void res.end('ok'));
  service = await listen(app, { PORT: 0, HOST: '127.0.0.1' }, log.logger);
  refuseMalformed(service.server, log.logger);
});
afterEach(() => {
  service.server.closeAllConnections();
  service.server.close();
});

const POST = 'POST / HTTP/1.1\r\nHost: x\r\n';

describe('what Node refuses is responded to with JSON, and logged', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    ['a length and chunks', `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['malformed chunks', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['headers of more than 16 KiB', `${POST}A: ${'a'.repeat(16 * 1024)}\r\n\r\n`, 431],
  ])('%s', async (_what, bytes, status) => {
    const message = status === 431 ? 'Request headers too large' : 'Bad request';
    const response = await exchange(service.url, bytes);
    const body = `{\n  "error": "${message}"\n}\n`;
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(response).toContain('Content-Type: application/json\r\n');
    expect(response).toContain(
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(lines.join('')).toContain('malformed request');
  });

  test('headers, or a body, that do not end in time', async () => {
    service.server.headersTimeout = 100;
    service.server.requestTimeout = 100;
    for (const bytes of ['GET / HTTP/1.1\r\nHost: x\r\n', `${POST}Content-Length: 9\r\n\r\na`]) {
      const response = await exchange(service.url, bytes);
      expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 408']);
      expect(response).toContain('"error": "Request took too long"');
    }
  });
});

test('garbage behind a request gets no status line inside of its response', async () => {
  const response = await exchange(
    service.url,
    'GET /long HTTP/1.1\r\nHost: x\r\n\r\n',
    'garbage\r\n',
  );
  expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  expect(response.slice(-2)).toBe('12');
});

test('garbage behind a response that is complete is a request of its own', async () => {
  const response = await exchange(service.url, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'garbage\r\n');
  expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
});

test('a client that goes away is no event for the log', async () => {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHo');
  socket.resetAndDestroy();
  await once(socket, 'close');
  await exchange(service.url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(lines.filter((line) => !line.includes('"level":20'))).toEqual([]);
});
