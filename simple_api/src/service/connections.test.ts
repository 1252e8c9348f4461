import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { captureLog } from '../../test/captured-log';
import { eventually } from '../../test/eventually';
import { exchange } from '../../test/exchange';
import {
  limitConnections,
  MAX_BODY_AHEAD,
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_OF_NETWORK,
  MAX_UNFINISHED,
} from './connections';
import { listen, type Service } from './server';

let service: Service;
let lines: string[];
/** The targets of the requests that the app was given. */
let requests: string[];
const sockets: Socket[] = [];

beforeEach(async () => {
  requests = [];
  const log = captureLog();
  lines = log.lines;
  const app: RequestListener = (req, res) => {
    requests.push(req.url ?? '');
    if (req.url !== '/never') setImmediate(() => res.end('whole'));
  };
  service = await listen(app, { PORT: 0, HOST: '127.0.0.1' }, log.logger);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  service.server.closeAllConnections();
  service.server.close();
});

async function open(bytes = ''): Promise<Socket> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  sockets.push(socket.on('error', () => undefined));
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const LAST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

describe('requests that are sent ahead on one connection', () => {
  test('are responded to, when they are a few', async () => {
    const response = await exchange(service.url, get().repeat(MAX_UNFINISHED - 1) + LAST);
    expect(response.match(/HTTP\/1\.1 200/g)).toHaveLength(MAX_UNFINISHED);
  });

  test('may be any number, one after another', async () => {
    const parts = Array.from({ length: 3 * MAX_UNFINISHED }, () => get());
    expect((await exchange(service.url, ...parts, LAST)).match(/HTTP\/1\.1 200/g)).toHaveLength(
      3 * MAX_UNFINISHED + 1,
    );
  });

  const post = (headers: string) => `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;
  const length = (bytes: number) => post(`Content-Length: ${bytes}`);

  test('wait until those before them are answered', async () => {
    await open(get('/a') + get('/never') + length(MAX_BODY_AHEAD) + get('/b'));
    await eventually(() => expect(requests).toContain('/never'));
    expect(await exchange(service.url, LAST)).toContain('200 OK');
    expect(requests).toEqual(['/a', '/never', '/']);
  });

  test.each([
    ['too many', get().repeat(1_000)],
    ['too large', length(MAX_BODY_AHEAD + 1)],
    ['of any size', post('Transfer-Encoding: chunked')],
  ])('end the connection when they are %s, also where nothing is read', async (_what, ahead) => {
    const socket = await open();
    const closed = once(socket.pause(), 'close');
    socket.write(get('/never') + ahead);
    await closed;
    expect(requests).toEqual(['/never']);
  });
});

describe('an address that has all of its connections', () => {
  const fill = () => Promise.all(Array.from({ length: MAX_CONNECTIONS_OF_NETWORK }, () => open()));

  test('loses the oldest one that is not in use, and others are served', async () => {
    const inUse = await open(get('/never'));
    await eventually(() => expect(requests).toHaveLength(1));
    await fill();
    expect(await exchange(service.url, LAST)).toContain('200 OK');
    expect(inUse.destroyed).toBe(false);
    const { server } = service;
    const count = await new Promise((resolve) => server.getConnections((_, it) => resolve(it)));
    expect(count).toBeLessThanOrEqual(MAX_CONNECTIONS_OF_NETWORK);
    expect(lines.filter((line) => line.includes('too many connections'))).toHaveLength(1);
  });
});

describe('more connections than there may be', () => {
  const network = (i: number) => `2001:db8:${(i >> 8).toString(16)}::${i & 255}`;
  /** Connections from such addresses, one after another; true is one that is closed then. */
  async function closedOf(addresses: string[]): Promise<boolean[]> {
    const server = createServer().removeAllListeners('connection');
    limitConnections(server, captureLog().logger);
    const opened = addresses.map((remoteAddress) => {
      const socket = new Socket();
      sockets.push(socket);
      Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
      server.emit('connection', socket);
      return socket;
    });
    return opened.map(({ destroyed }) => destroyed);
  }

  test('in all cost the oldest that is not in use, whoever has it', async () => {
    const addresses = Array.from({ length: MAX_CONNECTIONS + 1 }, (_, i) => network(i));
    const closed = await closedOf(addresses);
    expect(closed.indexOf(true)).toBe(0);
    expect(closed.lastIndexOf(true)).toBe(0);
  });

  test('of one IPv6 network cost it one of its own', async () => {
    const own = Array.from({ length: MAX_CONNECTIONS_OF_NETWORK + 1 }, (_, i) => network(i % 256));
    const closed = await closedOf(['198.51.100.1', ...own]);
    expect(closed.indexOf(true)).toBe(1);
    expect(closed.lastIndexOf(true)).toBe(1);
  });
});
