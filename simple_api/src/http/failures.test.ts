import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import express, { type ErrorRequestHandler, type Express } from 'express';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { MAX_FAILURES, requireCredentials } from './credentials';
import { errorHandler } from './errors';

let app: Express;
let address: string;

beforeEach(() => {
  address = '192.0.2.1';
  app = express();
  app.use(({ socket }, _res, next) => {
    Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
    next();
  });
  app.use(requireCredentials({ API_USERNAME: 'root', API_PASSWORD: 'right' }));
  app.get('/', (_req, res) => void res.end('list'));
  const handler: ErrorRequestHandler = errorHandler(captureLog().logger);
  app.use(handler);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const fail = () => request(app).get('/').auth('root', 'wrong');

async function useUpFailures() {
  for (let i = 0; i < MAX_FAILURES; i++) expect((await fail()).status).toBe(401);
}

test('after 100 failures a minute from one address, further ones are 429', async () => {
  expect(MAX_FAILURES).toBe(100);
  await useUpFailures();
  const res = await fail();
  expect(res.status).toBe(429);
  expect(res.text).toBe('{\n  "error": "Too many failed attempts"\n}\n');
  expect(res.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
});

test('right credentials are served still', async () => {
  await useUpFailures();
  expect((await fail()).status).toBe(429);
  expect((await request(app).get('/').auth('root', 'right')).text).toBe('list');
});

test('right credentials never count as failures', async () => {
  for (let i = 0; i <= MAX_FAILURES; i++) {
    expect((await request(app).get('/').auth('root', 'right')).status).toBe(200);
  }
  expect((await fail()).status).toBe(401);
});

test('other addresses are not affected', async () => {
  await useUpFailures();
  for (address of ['192.0.2.2', '2001:db8::1']) expect((await fail()).status).toBe(401);
});

test('another address that the client claims to have does not help it', async () => {
  await useUpFailures();
  const res = await fail().set('X-Forwarded-For', '192.0.2.2').set('Forwarded', 'for=192.0.2.2');
  expect(res.status).toBe(429);
});

test('another address of the same IPv6 network does not either', async () => {
  address = '2001:db8::1';
  await useUpFailures();
  address = '2001:db8:0:ff::2';
  expect((await fail()).status).toBe(429);
});

test('a failure is 401 again when the minute is over', async () => {
  await useUpFailures();
  const retryAfter = Number((await fail()).headers['retry-after']);
  const now = Date.now();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now + (retryAfter - 2) * 1_000);
  expect((await fail()).status).toBe(429);
  clock.mockReturnValue(now + retryAfter * 1_000);
  expect((await fail()).status).toBe(401);
});

test('a request without credentials never counts, and is asked for them after any number', async () => {
  await useUpFailures();
  expect((await fail()).status).toBe(429);
  for (let i = 0; i < 3; i++) {
    const res = await request(app).get('/');
    expect(res.status).toBe(401);
    expect(res.headers['www-authenticate']).toMatch(/^Basic realm=/);
  }
});
