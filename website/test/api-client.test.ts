import { createServer, type RequestListener, request } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiClient, MAX_ANSWER_BYTES } from '../src/api-client';
import type { ApiError } from '../src/api-error';
import { captureLog } from './captured-log';
import { FAULTS } from './faulty-api';
import {
  answerStatus,
  answerText,
  answerWith,
  listen,
  type RunningServer,
  SIX,
  startApi,
} from './scripted-api';

const credentials = { username: 'reader', password: 'hidden-word' };
const { logger } = captureLog();
const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function clientOf(listener: RequestListener) {
  const api = await startApi(listener);
  servers.push(api);
  return createApiClient({ url: api.url, credentials, logger });
}

function errorOf(list: Promise<unknown>): Promise<Partial<ApiError>> {
  return list.then(
    () => ({ message: 'no error' }),
    (error) => error,
  );
}

test('gives the list that the API sends', async () => {
  const client = await clientOf(answerWith(SIX));
  expect(await client.getStudents()).toEqual(SIX);
});

test('asks for the list, with the credentials, and nothing else', async () => {
  const seen: unknown[] = [];
  const client = await clientOf((req, res) => {
    seen.push([req.method, req.url, req.headers.authorization, req.headers['accept-encoding']]);
    answerWith(SIX)(req, res);
  });
  await client.getStudents();
  const basic = `Basic ${Buffer.from('reader:hidden-word').toString('base64')}`;
  expect(seen).toEqual([['GET', '/supmit/api/v1.0/get_student_ages', basic, 'identity']]);
});

test('who asks while a request is under way shares it; who asks later does not', async () => {
  let requests = 0;
  const client = await clientOf((req, res) => {
    requests++;
    setTimeout(() => answerWith(SIX)(req, res), 20);
  });
  const [first, second] = await Promise.all([client.getStudents(), client.getStudents()]);
  expect(first).toBe(second);
  expect(requests).toBe(1);
  await client.getStudents();
  expect(requests).toBe(2);
});

test('who shares a request that fails gets its error; the next request is a new one', async () => {
  let requests = 0;
  const client = await clientOf((req, res) => {
    if (++requests > 1) answerWith(SIX)(req, res);
    else setTimeout(() => res.writeHead(500).end(), 20);
  });
  const errors = await Promise.all([errorOf(client.getStudents()), errorOf(client.getStudents())]);
  expect(errors.map(({ kind }) => kind)).toEqual(['nonsense', 'nonsense']);
  expect(await client.getStudents()).toEqual(SIX);
});

test('a list that it has is not sent again: If-None-Match, 304', async () => {
  let students = SIX.slice(0, 3);
  const asked: unknown[] = [];
  const client = await clientOf((req, res) => {
    const etag = `"${students.length}"`;
    asked.push(req.headers['if-none-match']);
    if (req.headers['if-none-match'] === etag) {
      res.writeHead(304, { ETag: etag }).end();
    } else {
      res.setHeader('ETag', etag);
      answerWith(students)(req, res);
    }
  });
  const first = await client.getStudents();
  expect(await client.getStudents()).toBe(first);
  students = [...SIX];
  expect(await client.getStudents()).toEqual(SIX);
  expect(await client.getStudents()).toEqual(SIX);
  expect(asked).toEqual([undefined, '"3"', '"3"', '"6"']);
});

test('a 304 that nobody asked for makes no sense', async () => {
  const client = await clientOf(answerStatus(304));
  expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'nonsense' });
});

test('finds an API that has a path of its own', async () => {
  let path: string | undefined;
  const api = await startApi((req, res) => {
    path = req.url;
    answerWith(SIX)(req, res);
  });
  servers.push(api);
  await createApiClient({ url: `${api.url}/behind/a/proxy`, credentials, logger }).getStudents();
  expect(path).toBe('/behind/a/proxy/supmit/api/v1.0/get_student_ages');
});

test('reads a list of 10,000', async () => {
  const students = Array.from(
    { length: 10_000 },
    (_, i) => [`Student ${String(i).padStart(5, '0')}`, String(i % 151)] as const,
  );
  const client = await clientOf(answerWith(students));
  expect(await client.getStudents()).toEqual(students);
});

test('gives names that attack as they are', async () => {
  const names = [
    '10',
    '9',
    '<script>alert(1)</script>',
    '__proto__',
    'n'.repeat(200),
    'سارة',
    '🎓',
  ];
  const client = await clientOf(answerWith(names.map((name) => [name, '20'])));
  expect(await client.getStudents()).toEqual(names.map((name) => [name, '20']));
});

test('keeps its connection', async () => {
  const sockets = new Set<Socket>();
  const client = await clientOf((req, res) => {
    sockets.add(req.socket);
    answerWith(SIX)(req, res);
  });
  for (let i = 0; i < 3; i++) await client.getStudents();
  expect(sockets.size).toBe(1);
});

describe('of an API that is at fault, it says what the fault is:', () => {
  test.each(FAULTS)('$fault', async ({ listener, kind, cause }) => {
    const client = await clientOf(listener);
    const error = await errorOf(client.getStudents());
    expect(error).toMatchObject({ name: 'ApiError', kind });
    expect(error.message).toMatch(cause);
    expect(JSON.stringify(error) + error.message + error.stack).not.toMatch(/hidden|cmVhZGVy/);
  });

  test('nobody listens', async () => {
    const api = await startApi(() => {});
    await api.close();
    const client = createApiClient({ url: api.url, credentials, logger });
    const error = await errorOf(client.getStudents());
    expect(error).toMatchObject({ kind: 'unreachable' });
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  test('far too large an answer', async () => {
    const part = Buffer.alloc(8 * 1024 * 1024, ' ');
    let sent = 0;
    const client = await clientOf((_req, res) => {
      const send = () => {
        while (!res.destroyed && sent < 4 * MAX_ANSWER_BYTES) {
          sent += part.length;
          if (!res.write(part)) return;
        }
      };
      res.on('drain', send);
      send();
    });
    const error = await errorOf(client.getStudents());
    expect(error).toMatchObject({ kind: 'nonsense' });
    expect(error.message).toMatch(/maxContentLength/);
    expect(sent).toBeLessThan(2 * MAX_ANSWER_BYTES);
  });
});

describe('waits two seconds in all', () => {
  const slow: Record<string, RequestListener> = {
    'for an answer that never begins': () => {},
    'for an answer that drips': (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      const timer = setInterval(() => res.write(' '), 50);
      res.on('close', () => clearInterval(timer));
    },
    'for headers that drip': (req) => {
      req.socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => req.socket.write('X-Drop: 1\r\n'), 50);
      req.socket.on('close', () => clearInterval(timer));
    },
  };

  const outcomes = new Map<string, { error: Partial<ApiError>; waited: number }>();

  beforeAll(async () => {
    await Promise.all(
      Object.entries(slow).map(async ([name, listener]) => {
        const client = await clientOf(listener);
        const start = performance.now();
        const error = await errorOf(client.getStudents());
        outcomes.set(name, { error, waited: performance.now() - start });
      }),
    );
  });

  test.each(Object.keys(slow))('%s', (name) => {
    const { error, waited } = outcomes.get(name) ?? {};
    expect(error).toMatchObject({ kind: 'timeout', message: 'no answer within 2000 ms' });
    expect(waited).toBeGreaterThan(1_900);
    expect(waited).toBeLessThan(3_000);
  });
});

describe('when the API closes a kept connection just as it is used again', () => {
  /** Answers the first request of each connection, then resets it on the second. */
  async function resettingApi(onConnection: (number: number, socket: Socket) => void) {
    let connections = 0;
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('error', () => {});
      onConnection(connections, socket);
    });
    const api = await listen(server);
    servers.push({
      ...api,
      close: () => {
        for (const socket of sockets) socket.destroy();
        return api.close();
      },
    });
    return {
      client: createApiClient({ url: api.url, credentials, logger }),
      connections: () => connections,
    };
  }

  const body = '{"student_ages":{"Ahmed":"20"}}';
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  test('it asks once more, on a new connection', async () => {
    const { client, connections } = await resettingApi((_number, socket) => {
      socket.once('data', () => {
        socket.write(answer);
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    expect(await client.getStudents()).toEqual([['Ahmed', '20']]);
    expect(await client.getStudents()).toEqual([['Ahmed', '20']]);
    expect(connections()).toBe(2);
  });

  test('it asks only once more', async () => {
    const { client, connections } = await resettingApi((number, socket) => {
      socket.once('data', () => {
        if (number > 1) socket.resetAndDestroy();
        else {
          socket.write(answer);
          socket.once('data', () => socket.resetAndDestroy());
        }
      });
    });
    await client.getStudents();
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'unreachable' });
    expect(connections()).toBe(2);
  });

  test('a new connection that is reset is not tried again', async () => {
    const { client, connections } = await resettingApi((_number, socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'unreachable' });
    expect(connections()).toBe(1);
  });

  test('both attempts together take two seconds at the most', async () => {
    const { client } = await resettingApi((number, socket) => {
      if (number > 1) return;
      socket.once('data', () => {
        socket.write(answer);
        socket.once('data', () => setTimeout(() => socket.resetAndDestroy(), 1_000));
      });
    });
    await client.getStudents();
    const start = performance.now();
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'timeout' });
    expect(performance.now() - start).toBeLessThan(2_900);
  });
});

describe('whatever else the API does', () => {
  test('a redirect is not followed', async () => {
    let followed = false;
    const other = await startApi((req, res) => {
      followed = true;
      answerWith(SIX)(req, res);
    });
    servers.push(other);
    const client = await clientOf((_req, res) => {
      res.writeHead(302, { Location: other.url }).end();
    });
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'nonsense' });
    expect(followed).toBe(false);
  });

  test('a proxy in the environment is ignored', async () => {
    const proxied: (string | undefined)[] = [];
    const proxy = await startApi((req, res) => {
      proxied.push(req.url);
      res.writeHead(502).end();
    });
    servers.push(proxy);
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy'];
    const before = { ...process.env };
    try {
      for (const name of names) process.env[name] = proxy.url;
      for (const name of ['NO_PROXY', 'no_proxy']) delete process.env[name];
      const client = await clientOf(answerWith(SIX));
      expect(await client.getStudents()).toEqual(SIX);
    } finally {
      for (const name of [...names, 'NO_PROXY', 'no_proxy']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    expect(proxied).toEqual([]);
    // The proxy would have noticed.
    await new Promise((resolve) => request(proxy.url, { path: '/x' }, resolve).end());
    expect(proxied).toEqual(['/x']);
  });

  test('an error of its own is not taken for one of the API', async () => {
    const lookUp = () => Promise.reject(new TypeError('a mistake'));
    const client = createApiClient({ url: 'http://api', credentials, logger, lookUp });
    await expect(client.getStudents()).rejects.toThrow(TypeError);
  });

  test('it asks anew each time', async () => {
    let age = 20;
    const client = await clientOf((req, res) =>
      answerText(`{"student_ages":{"Ahmed":${age++}}}`)(req, res),
    );
    expect(await client.getStudents()).toEqual([['Ahmed', 20]]);
    expect(await client.getStudents()).toEqual([['Ahmed', 21]]);
  });
});

// Only 127.0.0.1 is there on a Mac, unless somebody has added the others.
const hasAddresses = process.platform !== 'darwin';
if (!hasAddresses) console.log('Skipped, several replicas: this machine has no 127.0.0.2');
(hasAddresses ? describe : describe.skip)('of an API with several replicas', () => {
  const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

  /** Starts a replica at each address, all on one port, and a client that finds them by a name. */
  async function startReplicas(listeners: readonly (RequestListener | undefined)[]) {
    const { logger, lines } = captureLog();
    let port = 0;
    const counts = listeners.map(() => 0);
    for (const [index, listener] of listeners.entries()) {
      const replica = await listen(
        createServer((req, res) => {
          counts[index] = (counts[index] ?? 0) + 1;
          listener?.(req, res);
        }),
        { host: ADDRESSES[index], port },
      );
      port = replica.port;
      if (listener) servers.push(replica);
      else await replica.close();
    }
    const client = createApiClient({
      url: `http://simple-api:${port}`,
      credentials,
      logger,
      lookUp: async () => ADDRESSES.slice(0, listeners.length),
    });
    return { client, counts, lines };
  }
  const silent: RequestListener = () => {};
  const list = answerWith(SIX);

  test('each has its turn', async () => {
    const { client, counts } = await startReplicas([list, list, list]);
    for (let i = 0; i < 6; i++) expect(await client.getStudents()).toEqual(SIX);
    expect(counts).toEqual([2, 2, 2]);
  });

  test('the list of one is that of all: they agree on the entity tag', async () => {
    const withTag: RequestListener = (req, res) => {
      if (req.headers['if-none-match'] === '"six"') res.writeHead(304).end();
      else list(req, res.setHeader('ETag', '"six"'));
    };
    const { client } = await startReplicas([withTag, withTag]);
    const first = await client.getStudents();
    expect(await client.getStudents()).toBe(first);
  });

  const bad: Record<string, RequestListener | undefined> = {
    'refuses the connection': undefined,
    'ends the connection': (req) => void req.socket.destroy(),
    'is silent': silent,
    'stops in the middle of its answer': (_req, res) => {
      res.writeHead(200).write('{"student_ages":{"Ahmed":"20"');
    },
    'has no list': answerStatus(503),
    'refuses the credentials': answerStatus(401),
    'answers nonsense': answerText('hidden'),
  };
  test.each(Object.keys(bad))('one that %s is stepped over, and the log says so', async (how) => {
    const { client, lines } = await startReplicas([bad[how], list]);
    for (let i = 0; i < 4; i++) expect(await client.getStudents()).toEqual(SIX);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, address: '127.0.0.1' });
    expect(lines[0]).not.toMatch(/hidden|cmVhZGVy/);
  });

  test('two that fail are stepped over', async () => {
    const { client } = await startReplicas([undefined, answerStatus(503), list]);
    expect(await client.getStudents()).toEqual(SIX);
  });

  test('one that was silent is asked last for the next seconds', async () => {
    const { client, counts } = await startReplicas([silent, list]);
    for (let i = 0; i < 6; i++) await client.getStudents();
    expect(counts).toEqual([1, 6]);
  });

  test('one that answers again has its turn again, and the log says so', async () => {
    let isDown = true;
    const { client, counts, lines } = await startReplicas([
      (req, res) => (isDown ? answerStatus(503) : list)(req, res),
      list,
    ]);
    await client.getStudents();
    isDown = false;
    for (let i = 0; i < 4; i++) await client.getStudents();
    expect(counts[0]).toBe(3);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([40, 30]);
  });

  const slow: RequestListener = (req, res) => void setTimeout(() => list(req, res), 1_000);
  test.each([
    ['refuses the connection', undefined],
    ['has no list', answerStatus(503)],
  ])('one may take its time when the other %s, asked first or last', async (_how, other) => {
    const [first, last] = await Promise.all([
      startReplicas([slow, other]),
      startReplicas([other, slow]),
    ]);
    expect(await Promise.all([first.client.getStudents(), last.client.getStudents()])).toEqual([
      SIX,
      SIX,
    ]);
  });

  test('all that fail give the error of the last', async () => {
    const { client } = await startReplicas([undefined, answerStatus(503)]);
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'no-list' });
  });

  test('all that are silent take two seconds', async () => {
    const { client, counts } = await startReplicas([silent, silent, silent]);
    const start = performance.now();
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'timeout' });
    const waited = performance.now() - start;
    expect(waited).toBeGreaterThan(1_900);
    expect(waited).toBeLessThan(3_000);
    expect(counts).toEqual([1, 1, 1]);
  });
});

describe('when the name of the API', () => {
  const dnsError = (code: string) =>
    Object.assign(new Error(`getaddrinfo ${code} api`), { code, syscall: 'getaddrinfo' });
  const clientWith = (lookUp: () => Promise<string[]>) =>
    createApiClient({ url: 'http://api', credentials, logger, lookUp });

  test.each(['ENOTFOUND', 'EAI_AGAIN'])(
    'cannot be looked up (%s), it is unreachable',
    async (code) => {
      const client = clientWith(() => Promise.reject(dnsError(code)));
      const error = await errorOf(client.getStudents());
      expect(error).toMatchObject({ name: 'ApiError', kind: 'unreachable' });
      expect(error.message).toBe(`${code}: getaddrinfo ${code} api`);
    },
  );

  test('is looked up for ever, it waits two seconds', async () => {
    const client = clientWith(() => new Promise(() => {}));
    expect(await errorOf(client.getStudents())).toMatchObject({ kind: 'timeout' });
  });
});
