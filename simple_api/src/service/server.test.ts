import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http';
import { Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { captureLog } from '../../test/captured-log';
import { eventually } from '../../test/eventually';
import { exchange } from '../../test/exchange';
import { closeGracefully, listen, type Service } from './server';

let service: Service;
let seen: IncomingMessage[];
let respond: () => void;

const app: RequestListener = (req, res) => {
  seen.push(req);
  respond = () => res.end('whole');
  if (req.url !== '/slow') respond();
};

function portOf({ server }: Service): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

beforeEach(async () => {
  seen = [];
  service = await listen(app, { PORT: 0, HOST: '127.0.0.1' }, captureLog().logger);
});
afterEach(() => {
  service.server.closeAllConnections();
  service.server.close();
});

describe('on every address', () => {
  const withIPv6 = Object.values(networkInterfaces())
    .flat()
    .some((it) => it?.family === 'IPv6');
  let everywhere: Service;
  const statusOn = (host: string) =>
    fetch(`http://${host}:${portOf(everywhere)}`).then((res) => res.status);
  afterEach(() => void everywhere.server.close());

  test('IPv4 and IPv6 are served, and the log names an address that leads there', async () => {
    everywhere = await listen(app, { PORT: 0, HOST: '::' }, captureLog().logger);
    expect(everywhere.url).toBe(`http://localhost:${portOf(everywhere)}`);
    expect((await fetch(everywhere.url)).status).toBe(200);
    expect(await statusOn('127.0.0.1')).toBe(200);
    if (withIPv6) expect(await statusOn('[::1]')).toBe(200);
  });

  test('IPv4 alone is served where the kernel has no IPv6', async () => {
    const listenHandle = jest.spyOn(Server.prototype, 'listen');
    everywhere = await listen(app, { PORT: 0, HOST: '::' }, captureLog().logger);
    // Node.js falls back to IPv4 only when it is told no host at all.
    expect(listenHandle).toHaveBeenCalledWith(0, undefined);
    listenHandle.mockRestore();
  });

  test.each([
    [{ HOST: '0.0.0.0' }, /^http:\/\/localhost:\d+$/],
    [{ HOST: '::', PUBLIC_URL: 'http://localhost:80' }, /^http:\/\/localhost:80$/],
    ...(withIPv6 ? [[{ HOST: '::1' }, /^http:\/\/\[::1\]:\d+$/] as const] : []),
  ] as const)('the address for the log of %j is %s', async (place, url) => {
    everywhere = await listen(app, { PORT: 0, ...place }, captureLog().logger);
    expect(everywhere.url).toMatch(url);
  });
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

  test('a connection is kept longer than proxies keep theirs', () => {
    expect(service.server.keepAliveTimeout).toBeGreaterThan(60_000);
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
    await eventually(() => expect(seen).toHaveLength(1));
    const closed = closeGracefully(service.server);
    await eventually(() => expect(service.server.listening).toBe(false));
    respond();
    expect((await response).statusCode).toBe(200);
    await closed;
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
    const cut = jest.spyOn(service.server, 'closeAllConnections');
    await closeGracefully(service.server);
    expect(cut).not.toHaveBeenCalled(); // it is closed before that, though it would be kept for 65 s
  });
});
