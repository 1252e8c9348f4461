import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import request from 'supertest';
import { createApp, STUDENT_AGES_PATH } from '../src/app';
import { createHttpServer } from '../src/http-server';
import { MAX_FAILURES } from '../src/require-credentials';
import { createSnapshot, type Snapshot } from '../src/snapshot';
import type { StudentList } from '../src/student-list';
import { captureLog } from './captured-log';

const SHIPPED: StudentList = [
  ['Ahmed', '20'],
  ['Meryem', '23'],
  ['Amine', '20'],
  ['Hiba', '21'],
  ['Sara', '23'],
  ['Omar', '20'],
];
const BODY = `{
  "student_ages": {
    "Ahmed": "20",
    "Amine": "20",
    "Hiba": "21",
    "Meryem": "23",
    "Omar": "20",
    "Sara": "23"
  }
}
`;
const CHALLENGE = 'Basic realm="Authentication Required", charset="UTF-8"';
const errorBody = (message: string) => `{\n  "error": "${message}"\n}\n`;

let shipped: Snapshot;
let snapshot: Snapshot | undefined;
let problem: string | undefined;
let lines: string[];
let server: Server;

beforeAll(async () => {
  shipped = await createSnapshot(SHIPPED);
});

beforeEach(() => {
  snapshot = shipped;
  problem = undefined;
  const log = captureLog();
  lines = log.lines;
  const store = { snapshot: () => snapshot, problem: () => problem, close() {} };
  const credentials = { username: 'root', password: 'hush-hush' };
  const app = createApp({ store, credentials, logger: log.logger });
  server = createHttpServer(app, log.logger);
});

const get = (path = STUDENT_AGES_PATH) => request(server).get(path).auth('root', 'hush-hush');

/** Sends bytes as they are and returns all that comes back until the connection ends. */
async function exchange(bytes: string): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(bytes);
  await once(socket, 'close');
  server.close();
  return answer;
}

describe('the list, with valid credentials', () => {
  test('is 200 with exactly the bytes of the contract', async () => {
    const res = await get().set('Accept-Encoding', 'identity');
    expect(res.status).toBe(200);
    expect(res.text).toBe(BODY);
    expect(Buffer.byteLength(res.text)).toBe(139);
    expect(res.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '139',
      'cache-control': 'private, no-cache',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
    });
    expect(res.headers['etag']).toMatch(/^"[\w-]+"$/);
    expect(res.headers).not.toHaveProperty('x-powered-by');
    expect(res.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('is the same with a query, which nothing reads', async () => {
    const res = await get(`${STUDENT_AGES_PATH}?x=1&x[y]=%zz`);
    expect(res.text).toBe(BODY);
  });

  test('is whole, compressed and not, when it is a long one', async () => {
    const list = Array.from({ length: 2_000 }, (_, i): [string, string] => [`Zoë ${i}`, '20']);
    snapshot = await createSnapshot(list);
    for (const coding of ['identity', 'gzip']) {
      const res = await get().set('Accept-Encoding', coding);
      expect(res.text).toBe(snapshot.identity.body.toString());
    }
    expect(snapshot.identity.body.length).toBeGreaterThan(16 * 1024);
  });

  test('answers HEAD alike, without the body', async () => {
    const res = await request(server)
      .head(STUDENT_AGES_PATH)
      .set('Accept-Encoding', 'identity')
      .auth('root', 'hush-hush');
    expect(res.status).toBe(200);
    expect(res.headers['content-length']).toBe('139');
    expect(res.headers['etag']).toBe(shipped.identity.etag);
    expect(res.text).toBeUndefined();
  });

  test.each(['gzip', 'gzip, deflate, br', 'br;q=1, gzip;q=0.5', '*'])(
    'is compressed for Accept-Encoding: %s',
    async (coding) => {
      const res = await get()
        .set('Accept-Encoding', coding)
        .buffer(true)
        .parse((raw, done) => {
          const chunks: Buffer[] = [];
          raw.on('data', (chunk: string) => chunks.push(Buffer.from(chunk, 'binary')));
          raw.on('end', () => done(null, Buffer.concat(chunks)));
        });
      expect(res.headers['content-encoding']).toBe('gzip');
      expect(res.headers['etag']).toBe(shipped.gzip.etag);
      expect(shipped.gzip.etag).not.toBe(shipped.identity.etag);
      expect(gunzipSync(shipped.gzip.body).toString()).toBe(BODY);
      expect(res.headers['content-length']).toBe(String(shipped.gzip.body.length));
    },
  );

  test.each(['identity', 'gzip;q=0', 'br', 'deflate, br;q=0.9', '', 'identity;q=0'])(
    'is not compressed for Accept-Encoding: %s',
    async (coding) => {
      const res = await get().set('Accept-Encoding', coding);
      expect(res.headers).not.toHaveProperty('content-encoding');
      expect(res.text).toBe(BODY);
    },
  );

  test.each([
    ['the tag', (etag: string) => etag],
    ['the tag, marked weak', (etag: string) => `W/${etag}`],
    ['a list with the tag', (etag: string) => `"a", W/"b",${etag} , "c"`],
    ['a star', () => '*'],
  ])('is 304 without a body for If-None-Match with %s', async (_what, header) => {
    for (const coding of ['identity', 'gzip'] as const) {
      const { etag } = shipped[coding];
      const res = await get().set('Accept-Encoding', coding).set('If-None-Match', header(etag));
      expect(res.status).toBe(304);
      expect(res.text).toBe('');
      expect(res.headers).toMatchObject({
        etag,
        vary: 'Accept-Encoding',
        'cache-control': 'private, no-cache',
      });
      expect(res.headers).not.toHaveProperty('content-length');
    }
  });

  test('is 200 for the tag of the other coding, or of another list', async () => {
    const other = await createSnapshot([['Ahmed', '21']]);
    for (const etag of [shipped.gzip.etag, other.identity.etag, 'nonsense']) {
      const res = await get().set('Accept-Encoding', 'identity').set('If-None-Match', etag);
      expect(res.status).toBe(200);
    }
  });

  test('has a tag that depends on the content alone', async () => {
    const again = await createSnapshot([...SHIPPED].reverse());
    expect(again).toEqual(shipped);
  });

  test('is 503 before the file was looked at', async () => {
    snapshot = undefined;
    expect((await get()).text).toBe(errorBody('The list has not been read yet'));
  });

  test('is 503 with the reason, and when to ask again, while there is no list', async () => {
    snapshot = undefined;
    problem = '/data/student_age.json is missing';
    const res = await get();
    expect(res.status).toBe(503);
    expect(res.text).toBe(errorBody('/data/student_age.json is missing'));
    expect(res.headers['retry-after']).toBe('2');
  });
});

describe('the list, without valid credentials', () => {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['none', undefined],
    ['wrong', `Basic ${encode('root:wrong')}`],
    ['malformed', 'Basic !'],
    ['another scheme', `Bearer ${encode('root:hush-hush')}`],
  ])('is 401: %s', async (_what, header) => {
    for (const method of ['get', 'head'] as const) {
      const req = request(server)[method](STUDENT_AGES_PATH);
      if (header !== undefined) req.set('Authorization', header);
      const res = await req;
      expect(res.status).toBe(401);
      expect(res.headers).toMatchObject({
        'www-authenticate': CHALLENGE,
        'content-type': 'application/json',
      });
      if (method === 'get') expect(res.text).toBe(errorBody('Unauthorized access'));
    }
  });

  test('is 401 also while there is no list', async () => {
    snapshot = undefined;
    expect((await request(server).get(STUDENT_AGES_PATH)).status).toBe(401);
  });

  test('is 401, not 304, for the right entity tag', async () => {
    const res = await request(server)
      .get(STUDENT_AGES_PATH)
      .set('If-None-Match', shipped.identity.etag);
    expect(res.status).toBe(401);
  });
});

describe('after 100 failures a minute from one address', () => {
  let address: string;
  beforeEach(() => {
    address = '192.0.2.1';
    server.prependListener('request', ({ socket }) => {
      Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const fail = () => request(server).get(STUDENT_AGES_PATH).auth('root', 'wrong');

  async function useUpFailures() {
    expect(MAX_FAILURES).toBe(100);
    for (let i = 0; i < MAX_FAILURES; i++) expect((await fail()).status).toBe(401);
  }

  test('further ones are 429, with the seconds to wait, and logged', async () => {
    await useUpFailures();
    for (const req of [fail(), request(server).get(STUDENT_AGES_PATH)]) {
      const res = await req;
      expect(res.status).toBe(429);
      expect(res.text).toBe(errorBody('Too many failed attempts'));
      expect(res.headers['content-type']).toBe('application/json');
      expect(res.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
    }
    expect(lines.map((line): unknown => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 40, path: STUDENT_AGES_PATH, status: 429 }),
    );
    expect((await request(server).head(STUDENT_AGES_PATH)).status).toBe(429);
  });

  test('right credentials are served still, as is what needs none', async () => {
    await useUpFailures();
    expect((await fail()).status).toBe(429);
    expect((await get()).text).toBe(BODY);
    expect((await request(server).get('/health/live')).status).toBe(200);
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
});

test('right credentials never count as failures', async () => {
  for (let i = 0; i <= MAX_FAILURES; i++) expect((await get()).status).toBe(200);
  expect((await request(server).get(STUDENT_AGES_PATH)).status).toBe(401);
});

describe('an unknown path is 404, with or without credentials', () => {
  test.each([
    '/',
    '/supmit/api/v1.0',
    `${STUDENT_AGES_PATH}/`,
    STUDENT_AGES_PATH.toUpperCase(),
    '/supmit/api/v1.0/Get_student_ages',
    `/${STUDENT_AGES_PATH}`,
    '/supmit/api/v1.0/../v1.0/x',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/health',
    '/health/live/',
    '/__proto__',
  ])('%s', async (path) => {
    for (const req of [request(server).get(path), get(path), request(server).post(path)]) {
      const res = await req;
      expect(res.status).toBe(404);
      expect(res.text).toBe(errorBody('Not found'));
      expect(res.headers['content-type']).toBe('application/json');
    }
  });
});

describe.each([STUDENT_AGES_PATH, '/health/live', '/health/ready'])(
  'another method on %s',
  (path) => {
    test.each(['post', 'put', 'patch', 'delete'] as const)('is 405: %s', async (method) => {
      const res = await request(server)[method](path).send({ a: 1 });
      expect(res.status).toBe(405);
      expect(res.headers['allow']).toBe('GET, HEAD, OPTIONS');
      expect(res.text).toBe(errorBody('Method not allowed'));
    });

    test('is 200 with Allow for OPTIONS', async () => {
      const res = await request(server).options(path);
      expect(res.status).toBe(200);
      expect(res.headers['allow']).toBe('GET, HEAD, OPTIONS');
      expect(res.text).toBe('');
    });
  },
);

describe('what is malformed or too large', () => {
  test.each(['/%zz', '/%', '/%c3%28', `${STUDENT_AGES_PATH}%ff`])('%s is 400', async (path) => {
    const res = await request(server).get(path);
    expect(res.status).toBe(400);
    expect(res.text).toBe(errorBody('Bad request'));
  });

  test('a body of more than 16 KiB is 413, and the connection is closed', async () => {
    const res = await request(server)
      .post(STUDENT_AGES_PATH)
      .set('Content-Type', 'text/plain')
      .send('a'.repeat(16 * 1024 + 1));
    expect(res.status).toBe(413);
    expect(res.headers['connection']).toBe('close');
    expect(res.text).toBe(errorBody('Request body too large'));
  });
});

test('a body whose length is not announced is not waited for', async () => {
  const answer = await exchange(
    `POST ${STUDENT_AGES_PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n`,
  );
  expect(answer).toContain('HTTP/1.1 405 Method Not Allowed\r\n');
  expect(answer).toContain('Connection: close\r\n');
});

describe('/health', () => {
  test('live is 200, without credentials, and without a list', async () => {
    snapshot = undefined;
    const res = await request(server).get('/health/live');
    expect(res.status).toBe(200);
    expect(res.text).toBe('{\n  "status": "live"\n}\n');
  });

  test('ready is 200 when a list can be served', async () => {
    const res = await request(server).get('/health/ready');
    expect(res.status).toBe(200);
    expect(res.body).toEqual({ status: 'ready', students: 6 });
  });

  test('ready is 200 with the problem while the list is an old one', async () => {
    problem = 'line 3, column 2: expected an age';
    const res = await request(server).get('/health/ready');
    expect(res.status).toBe(200);
    expect(res.body).toEqual({ status: 'ready', students: 6, problem });
  });

  test('ready is 503 with the reason when none can be served', async () => {
    snapshot = undefined;
    problem = 'the file is missing';
    const res = await request(server).get('/health/ready');
    expect(res.status).toBe(503);
    expect(res.text).toBe(errorBody('the file is missing'));
    expect(res.headers['retry-after']).toBe('2');
  });
});

describe('anything unexpected', () => {
  test('is 500 for the client, with the details in the log only', async () => {
    const log = captureLog();
    const store = {
      snapshot: () => {
        throw new Error('the cause');
      },
      problem: () => undefined,
      close() {},
    };
    const credentials = { username: 'a', password: 'b' };
    const app = createApp({ store, credentials, logger: log.logger });
    const res = await request(app).get(STUDENT_AGES_PATH).auth('a', 'b');
    expect(res.status).toBe(500);
    expect(res.text).toBe(errorBody('Internal server error'));
    expect(log.lines.join('')).toContain('the cause');
  });
});

describe('the log', () => {
  test('has one line for each failure, and at debug one for each answer', async () => {
    await request(server).get('/nowhere');
    await get();
    const logged = lines.map((line): unknown => JSON.parse(line));
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 40, method: 'GET', path: '/nowhere', status: 404 }),
    );
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 20, path: STUDENT_AGES_PATH, status: 200 }),
    );
  });

  test('never has credentials, wherever the client put them', async () => {
    await get();
    await request(server).get(STUDENT_AGES_PATH).auth('root', 'hush-wrong');
    await get('/nowhere?password=hush-query');
    await get(`${STUDENT_AGES_PATH}?token=hush-query`);
    const encoded = Buffer.from('root:hush-hush').toString('base64');
    await exchange(
      'GET http://root:hush-url@localhost/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.join('')).not.toContain('hush');
    expect(lines.join('')).not.toContain(encoded);
  });
});
