import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { gracefulClose } from '../src/graceful-close';

let server: Server;
let port: number;
let close: () => Promise<void>;

beforeEach(async () => {
  server = createServer(async (req, res) => {
    if (req.url === '/slow') await sleep(900);
    res.end('whole');
  });
  close = gracefulClose(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});

/** Asks, and returns the answer once it is complete. */
async function ask(path: string, agent: Agent): Promise<IncomingMessage> {
  const req = get({ host: '127.0.0.1', port, path, agent });
  const [res] = await once(req, 'response');
  res.resume();
  await once(res, 'end');
  return res;
}

test('a request under way is finished, and told that the connection ends', async () => {
  const agent = new Agent({ keepAlive: true });
  const answer = ask('/slow', agent);
  await sleep(50);
  const closed = close();
  const res = await answer;
  expect(res.statusCode).toBe(200);
  expect(res.headers.connection).toBe('close');
  await closed;
  expect(server.listening).toBe(false);
});

test('a request on a kept-alive connection, or on a new one, is answered in the first half second', async () => {
  const agent = new Agent({ keepAlive: true });
  expect((await ask('/', agent)).headers.connection).toBe('keep-alive');
  const closed = close();
  expect((await ask('/', agent)).headers.connection).toBe('close');
  expect((await ask('/', new Agent())).statusCode).toBe(200);
  await closed;
  await expect(ask('/', agent)).rejects.toThrow('ECONNREFUSED');
});

test('connections that nobody uses do not hold it up', async () => {
  const agent = new Agent({ keepAlive: true });
  await ask('/', agent);
  const unused = connect(port, '127.0.0.1');
  await once(unused, 'connect');
  const gone = once(unused, 'close');
  await close();
  await gone;
  expect(server.listening).toBe(false);
});
