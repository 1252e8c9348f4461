import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { captureLog } from '../../test/captured-log';
import { exchange } from '../../test/exchange';
import { closeGracefully, listen, type Service } from './server';

let service: Service;
let seen: IncomingMessage[];

const app: RequestListener = async (req, res) => {
  seen.push(req);
  if (req.url === '/slow') await sleep(900);
  res.end('whole');
};

beforeEach(async () => {
  seen = [];
  service = await listen(app, { PORT: 0, HOST: '127.0.0.1' }, captureLog().logger);
});
afterEach(() => {
  service.server.closeAllConnections();
  service.server.close();
});

test.each([
  ['http://u:hush@localhost/x?y', '/x?y'],
  ['http://[::1/x', '/x'],
  ['http://u:hush@a:b:c', '/'],
  ['http://a?x', '/?x'],
  ['*', '/*'],
])('a request for %s reaches the app as one for %s', async (target, expected) => {
  await exchange(service.url, `OPTIONS ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(seen.map(({ url }) => url)).toEqual([expected]);
});

test('two Authorization headers reach the app as one that is malformed', async () => {
  await exchange(
    service.url,
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic YTpi\r\nAuthorization: Basic Yzpk\r\n\r\n',
  );
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Basic YTpi, Basic Yzpk']);
});

describe('the limits', () => {
  test('of time are short', () => {
    expect(service.server).toMatchObject({ headersTimeout: 5_000, requestTimeout: 10_000 });
  });

  test('a connection on which nothing is sent is closed', async () => {
    service.server.headersTimeout = 100;
    expect(await exchange(service.url)).toContain('408');
  });
});

describe('listen says why it cannot', () => {
  test.each([
    ['a port in use', () => Number(new URL(service.url).port), '127.0.0.1', 'is in use; set PORT'],
    ['an address of another machine', () => 0, '192.0.2.1', 'cannot listen on 192.0.2.1, port 0'],
  ])('%s', async (_what, port, HOST, reason) => {
    const { logger } = captureLog();
    await expect(listen(app, { PORT: port(), HOST }, logger)).rejects.toThrow(reason);
  });
});

describe('a graceful close', () => {
  /** Asks, and returns the response once it is complete. */
  async function ask(path: string, agent = new Agent()): Promise<IncomingMessage> {
    const req = get(`${service.url}${path}`, { agent });
    const [res] = await once(req, 'response');
    res.resume();
    await once(res, 'end');
    return res;
  }

  test('finishes a request under way', async () => {
    const response = ask('/slow', new Agent({ keepAlive: true }));
    await sleep(50);
    const closed = closeGracefully(service.server);
    expect((await response).statusCode).toBe(200);
    await closed;
    expect(service.server.listening).toBe(false);
  });

  test('takes requests for half a second more, and says that their connections end', async () => {
    const agent = new Agent({ keepAlive: true });
    expect((await ask('/', agent)).headers.connection).toBe('keep-alive');
    const closed = closeGracefully(service.server);
    expect((await ask('/', agent)).headers.connection).toBe('close');
    expect((await ask('/')).statusCode).toBe(200);
    await closed;
    await expect(ask('/')).rejects.toThrow('ECONNREFUSED');
  });

  test('is not held up by a connection that is kept', async () => {
    await ask('/', new Agent({ keepAlive: true }));
    const start = Date.now();
    await closeGracefully(service.server);
    expect(Date.now() - start).toBeLessThan(4_000); // it would be kept for 5 s
  });
});
