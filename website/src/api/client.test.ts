import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { holdStudents, readHere } from '../../test/held-students';
import {
  listen,
  type RunningServer,
  respondStatus,
  respondText,
  respondWith,
  SIX,
  startApi,
} from '../../test/scripted-api';
import { DEFAULT_QUERY } from '../students/query';
import { type ApiClient, createApiClient, MAX_RESPONSE_BYTES } from './client';
import type { ApiError, ApiErrorKind } from './error';
import type { ReadStudents } from './thread';

const credentials = { username: 'reader', password: 'hidden-word', read: readHere };
const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(listener: RequestListener): Promise<RunningServer> {
  const server = await startApi(listener);
  servers.push(server);
  return server;
}

async function clientOf(listener: RequestListener) {
  return createApiClient({ url: (await start(listener)).url, ...credentials });
}

function errorOf(list: Promise<unknown>): Promise<Partial<ApiError>> {
  return list.then(
    () => ({ message: 'no error' }),
    (error) => error,
  );
}

async function rowsOf(client: ApiClient) {
  const students = await client.getStudents();
  return (await students.excerpt(DEFAULT_QUERY, () => true))?.page.items;
}

const silent: RequestListener = () => {};
const list = respondWith(SIX);

test('asks for the list, with the credentials, and nothing else, on a connection that it keeps', async () => {
  const seen = new Set<unknown>();
  const client = await clientOf((req, res) => {
    seen.add(req.socket);
    const { authorization, 'accept-encoding': coding } = req.headers;
    seen.add(`${req.method} ${req.url} ${authorization} ${coding}`);
    list(req, res);
  });
  for (let i = 0; i < 3; i++) expect(await rowsOf(client)).toEqual(SIX);
  const request = `GET /supmit/api/v1.0/get_student_ages Basic ${btoa('reader:hidden-word')} identity`;
  expect([...seen]).toEqual([expect.any(Object), request]);
});

test('who asks while a request is under way shares it; who asks later does not', async () => {
  let requests = 0;
  const client = await clientOf((req, res) => {
    requests++;
    setTimeout(() => list(req, res), 20);
  });
  const [first, second] = await Promise.all([client.getStudents(), client.getStudents()]);
  expect(first).toBe(second);
  expect(requests).toBe(1);
  await client.getStudents();
  expect(requests).toBe(2);
});

test('who has just changed something asks with credentials of their own, and shares nothing older', async () => {
  const seen: (string | undefined)[] = [];
  const client = await clientOf((req, res) => {
    seen.push(req.headers.authorization);
    setTimeout(() => list(req, res), 20);
  });
  const older = client.getStudents();
  const newer = client.getStudents('Basic mine');
  expect(await newer).not.toBe(await older);
  expect(seen).toEqual([`Basic ${btoa('reader:hidden-word')}`, 'Basic mine']);

  const failing = await clientOf((req, res) => {
    const isMine = req.headers.authorization === 'Basic mine';
    (isMine ? list : respondStatus(401))(req, res);
  });
  const refused = errorOf(failing.getStudents());
  expect(await failing.getStudents('Basic mine')).toBeDefined();
  expect(await refused).toMatchObject({ kind: 'refused' });
});

test('a list that it has is not sent again: If-None-Match, 304', async () => {
  let students = SIX.slice(0, 3);
  const asked: unknown[] = [];
  const client = await clientOf((req, res) => {
    const etag = `"${students.length}"`;
    asked.push(req.headers['if-none-match']);
    if (req.headers['if-none-match'] === etag) res.writeHead(304, { ETag: etag }).end();
    else respondWith(students)(req, res.setHeader('ETag', etag));
  });
  const first = await client.getStudents();
  expect(await client.getStudents()).toBe(first);
  students = [...SIX];
  expect(await rowsOf(client)).toEqual(SIX);
  expect(asked).toEqual([undefined, '"3"', '"3"']);
});

test('of an API that sends no entity tags, a list is closed when the next one comes', async () => {
  const closed = jest.fn(async () => {});
  const read: ReadStudents = async (response) => ({ ...(await readHere(response)), close: closed });
  const { url } = await start(list);
  const client = createApiClient({ ...credentials, url, read });
  for (let i = 0; i < 3; i++) await client.getStudents();
  expect(closed).toHaveBeenCalledTimes(2);
});

test('finds an API that has a path of its own', async () => {
  let path: string | undefined;
  const { url } = await start((req, res) => {
    path = req.url;
    list(req, res);
  });
  await createApiClient({ url: `${url}/behind/a/proxy`, ...credentials }).getStudents();
  expect(path).toBe('/behind/a/proxy/supmit/api/v1.0/get_student_ages');
});

describe('of an API that is at fault, it says what the fault is:', () => {
  const shortened: RequestListener = (_req, res) => {
    res.writeHead(200, { 'Content-Length': 1_000 });
    res.write('{"student_ages":{}}', () => res.destroy());
  };
  test.each<[fault: string, RequestListener, ApiErrorKind, cause: RegExp]>([
    // Some servers send back what they were sent.
    ['401', (req, res) => void res.writeHead(401).end(req.headers.authorization), 'refused', /401/],
    ['403', respondStatus(403), 'refused', /403; are API_USERNAME and API_PASSWORD what/],
    ['429', respondStatus(429), 'refused', /responded with 429/],
    ['503', respondStatus(503), 'no-list', /no list to serve/],
    ['500', respondStatus(500), 'nonsense', /responded with 500/],
    ['204', respondStatus(204), 'nonsense', /responded with 204/],
    ['304 that nobody asked for', respondStatus(304), 'nonsense', /responded with 304/],
    ['a redirect', respondStatus(302, { Location: '/' }), 'nonsense', /responded with 302/],
    ['HTML', respondText('<h1>Hello hidden</h1>'), 'nonsense', /it is not JSON/],
    ['half of a list', respondText('{"student_ages":{"hidden"'), 'nonsense', /it is not JSON/],
    ['another object', respondText('{"hidden":{}}'), 'nonsense', /no object "student_ages"/],
    ['a wrong age', respondWith([['hidden', -1]]), 'nonsense', /the age of student 1/],
    ['a response that is too short', shortened, 'nonsense', /broken/],
    ['no HTTP', (req) => void req.socket.end('SSH-2.0-hidden\r\n'), 'nonsense', /broken: HPE_/],
    ['no response', (req) => void req.socket.destroy(), 'unreachable', /ECONNRESET/],
  ])('%s', async (_fault, listener, kind, cause) => {
    const error = await errorOf((await clientOf(listener)).getStudents());
    expect(error).toMatchObject({ name: 'ApiError', kind });
    expect(error.message).toMatch(cause);
    expect(JSON.stringify(error) + error.message + error.stack).not.toMatch(/hidden|cmVhZGVy/);
  });

  test('nobody listens', async () => {
    const { url, close } = await startApi(silent);
    await close();
    const error = await errorOf(createApiClient({ url, ...credentials }).getStudents());
    expect(error).toMatchObject({ kind: 'unreachable' });
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  test('far too large a response', async () => {
    const part = Buffer.alloc(8 * 1024 * 1024, ' ');
    let sent = 0;
    const { url } = await start((_req, res) => {
      const send = () => {
        while (!res.destroyed && sent < 8 * MAX_RESPONSE_BYTES) {
          sent += part.length;
          if (!res.write(part)) return;
        }
      };
      res.on('drain', send);
      send();
    });
    const read: ReadStudents = async (response) => {
      for await (const _part of response);
      return holdStudents([]);
    };
    const client = createApiClient({ ...credentials, url, read });
    const error = await errorOf(client.getStudents());
    expect(error.message).toMatch(/maxContentLength/);
    expect(sent).toBeLessThan(4 * MAX_RESPONSE_BYTES); // it tries twice
  });
});

describe('waits two seconds in all', () => {
  test.each<[string, RequestListener]>([
    ['for a response that never begins', silent],
    [
      'for a response that drips',
      (_req, res) => {
        res.writeHead(200);
        const timer = setInterval(() => res.write(' '), 50);
        res.on('close', () => clearInterval(timer));
      },
    ],
  ])('%s', async (_what, listener) => {
    const client = await clientOf(listener);
    const start = performance.now();
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'timeout' });
    expect(performance.now() - start).toBeGreaterThan(1_900);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  test('and takes a response that comes before', async () => {
    const client = await clientOf((req, res) => void setTimeout(() => list(req, res), 1_000));
    expect(await rowsOf(client)).toEqual(SIX);
  });

  test('for a name that is looked up for ever', async () => {
    const lookUp = () => new Promise<never>(() => {});
    const client = createApiClient({ url: 'http://api', ...credentials, lookUp });
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'timeout' });
  });
});

test('a redirect is not followed, and a proxy in the environment is ignored', async () => {
  const reached: unknown[] = [];
  const other = await start((req, res) => {
    reached.push(req.url);
    list(req, res);
  });
  const before = { ...process.env };
  Object.assign(process.env, { HTTP_PROXY: other.url, http_proxy: other.url, NO_PROXY: '' });
  try {
    const client = await clientOf(
      (_req, res) => void res.writeHead(302, { Location: other.url }).end(),
    );
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'nonsense' });
  } finally {
    process.env = before;
  }
  expect(reached).toEqual([]);
});

// Only 127.0.0.1 is there on a Mac, unless somebody has added the others.
const hasAddresses = process.platform !== 'darwin';
if (!hasAddresses) console.log('Skipped, several replicas: this machine has no 127.0.0.2');
(hasAddresses ? describe : describe.skip)('of an API with several replicas', () => {
  const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

  /** Starts a replica at each address, all on one port, and a client that finds them by a name. */
  async function startReplicas(...listeners: readonly (RequestListener | undefined)[]) {
    let port = 0;
    const sockets: Socket[] = [];
    for (const [index, listener] of listeners.entries()) {
      const server = createServer(listener).on('connection', (socket) => sockets.push(socket));
      const replica = await listen(server, { host: ADDRESSES[index], port });
      port = replica.port;
      if (listener) servers.push(replica);
      else await replica.close();
    }
    const addresses = ADDRESSES.slice(0, listeners.length);
    const found = addresses.map((address) => ({ address, family: 4 })).reverse();
    const lookUp = async () => [...found];
    const client = createApiClient({ url: `http://api:${port}`, ...credentials, lookUp });
    return { client, sockets };
  }

  test.each<[string, RequestListener | undefined]>([
    ['refuses the connection', undefined],
    ['ends the connection', (req) => void req.socket.destroy()],
    ['is silent', silent],
    [
      'stops in the middle of its response',
      (_req, res) => void res.writeHead(200).write('{"student_ages":{"Ahmed":"20"'),
    ],
    ['has no list', respondStatus(503)],
    ['refuses the credentials', respondStatus(401)],
    ['responds with nonsense', respondText('hidden')],
  ])('one that %s is stepped over, wherever it stands', async (_how, bad) => {
    for (const replicas of [
      [bad, list, bad],
      [bad, bad, list],
    ]) {
      const { client } = await startReplicas(...replicas);
      for (let i = 0; i < 3; i++) expect(await rowsOf(client)).toEqual(SIX);
    }
  });

  test('the connection to the one that responded is kept', async () => {
    const { client, sockets } = await startReplicas(respondStatus(503), list);
    for (let i = 0; i < 4; i++) await client.getStudents();
    expect(sockets.length).toBeLessThanOrEqual(2);
  });

  test('one that fails later is left for another, in time', async () => {
    let isSilent = false;
    const first: RequestListener = (req, res) => (isSilent ? undefined : list(req, res));
    const { client } = await startReplicas(first, list);
    expect(await rowsOf(client)).toEqual(SIX);
    isSilent = true;
    expect(await rowsOf(client)).toEqual(SIX);
  });

  test('all that fail give the error of the last', async () => {
    const { client } = await startReplicas(undefined, respondStatus(503));
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'no-list' });
  });
});

test('a name that cannot be looked up makes it unreachable', async () => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND api'), { code: 'ENOTFOUND' });
  const lookUp = () => Promise.reject(error);
  const client = createApiClient({ url: 'http://api', ...credentials, lookUp });
  expect(await errorOf(client.getStudents())).toMatchObject({
    kind: 'unreachable',
    message: 'ENOTFOUND: getaddrinfo ENOTFOUND api',
  });
});
