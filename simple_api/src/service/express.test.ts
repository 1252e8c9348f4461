import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ErrorRequestHandler, Express } from 'express';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { eventually } from '../../test/eventually';
import { exchange } from '../../test/exchange';
import { atMost, createExpress, readBody } from './express';
import { listen, type Service } from './server';

let app: Express;
let service: Service;
let hasResponded: boolean;

beforeEach(async () => {
  hasResponded = false;
  app = createExpress(captureLog('info').logger);
  app.use(readBody());
  app.post('/', (_req, res) => {
    hasResponded = true;
    res.end('ok');
  });
  const handler: ErrorRequestHandler = ({ status }, _req, res, _next) => res.sendStatus(status);
  app.use(handler);
  service = await listen(app, { PORT: 0, HOST: '127.0.0.1' }, captureLog().logger);
});
afterEach(() => {
  service.server.closeAllConnections();
  service.server.close();
});

describe('a body', () => {
  test('of at most 4 KiB is read to its end before the response', async () => {
    const req = request(app).post('/').set('Content-Length', '2');
    req.write('a');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(hasResponded).toBe(false);
    req.write('b');
    expect((await req).text).toBe('ok');
  });

  test('that is announced to have more is 413 at once, and the connection is closed', async () => {
    const res = await exchange(
      service.url,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4097\r\n\r\na',
    );
    expect(res).toMatch(/^HTTP\/1.1 413 .*Connection: close\r\n/s);
    expect(hasResponded).toBe(false);
  });

  test('that turns out to have more is 413', async () => {
    const req = request(app).post('/');
    req.write('a'.repeat(4 * 1024 + 1));
    expect((await req).status).toBe(413);
    expect(hasResponded).toBe(false);
  });

  test('that is compressed is not unpacked, and gets one response, however slow it is', async () => {
    const res = await exchange(
      service.url,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\na',
    );
    expect(res.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 415']);
  });
});

test('a place is free when its response is taken, or its client is gone', async () => {
  const large = Buffer.alloc(16 * 1024 * 1024);
  app.get('/large', atMost(2), (_req, res) => void res.end(large));
  const { port } = new URL(service.url);
  const clients = [1, 2].map(() => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket.once('readable', () => {}); // it begins, and reads no further
  });
  const status = async () => (await fetch(`${service.url}/large`, { method: 'HEAD' })).status;
  await eventually(async () => expect(await status()).toBe(503));
  clients[0]?.destroy();
  await eventually(async () => expect(await status()).toBe(200));
  await eventually(async () => expect(await status()).toBe(200)); // that one's response was taken
  clients[1]?.destroy();
});
