import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ErrorRequestHandler, Express } from 'express';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { createExpress } from './express';

let app: Express;
let hasResponded: boolean;

beforeEach(() => {
  hasResponded = false;
  app = createExpress(captureLog('info').logger);
  app.post('/', (_req, res) => {
    hasResponded = true;
    res.end('ok');
  });
  const handler: ErrorRequestHandler = ({ status }, _req, res, _next) => res.sendStatus(status);
  app.use(handler);
});

describe('a body', () => {
  test('of at most 16 KiB is read to its end before the response', async () => {
    const req = request(app).post('/').set('Content-Length', '2');
    req.write('a');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(hasResponded).toBe(false);
    req.write('b');
    expect((await req).text).toBe('ok');
  });

  test.each([
    ['announced', { 'Content-Length': String(16 * 1024 + 1) }],
    ['in chunks', {}],
  ])('of more is 413, and the connection is closed: %s', async (_how, headers) => {
    const req = request(app).post('/').set(headers);
    req.write('a'.repeat(16 * 1024 + 1));
    const res = await req;
    expect(res.status).toBe(413);
    expect(res.headers['connection']).toBe('close');
    expect(hasResponded).toBe(false);
  });

  test('that is compressed is not unpacked', async () => {
    const res = await request(app).post('/').set('Content-Encoding', 'gzip').send('a');
    expect(res.status).toBe(415);
  });
});
