import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { captureLog } from '../test/captured-log';
import { holdList } from '../test/held-list';
import { loadText } from '../test/load-text';
import { createApp } from './app';
import { STUDENT_AGES_PATH } from './http/documents';
import type { SerialisedList } from './students/load';

const SHIPPED =
  '{"Ahmed": "20", "Meryem": "23", "Amine": "20", "Hiba": "21", "Sara": "23", "Omar": "20"}';
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
const CREDENTIALS = { API_USERNAME: 'root', API_PASSWORD: 'hush-hush', EDITOR_USERNAME: 'editor' };
const errorBody = (message: string) => `{\n  "error": "${message}"\n}\n`;

let shipped: SerialisedList;
let list: SerialisedList | undefined;
let problem: string | undefined;
let lines: string[];
let app: Express;

beforeAll(async () => {
  shipped = await loadText(SHIPPED);
});
beforeEach(() => {
  list = shipped;
  problem = undefined;
  const log = captureLog();
  lines = log.lines;
  const store = holdList(
    () => list,
    () => problem,
  );
  app = createApp(store, CREDENTIALS, log.logger);
});

const get = (path = STUDENT_AGES_PATH) => request(app).get(path).auth('root', 'hush-hush');

describe('the list, with valid credentials', () => {
  test('is 200 with exactly the bytes of the contract', async () => {
    const res = await get(`${STUDENT_AGES_PATH}?x[y]=%zz`).set('Accept-Encoding', 'identity');
    expect(res.status).toBe(200);
    expect(res.text).toBe(BODY);
    expect(Buffer.byteLength(res.text)).toBe(139);
    expect(res.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '139',
      'cache-control': 'private, no-cache',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
      etag: '"o9cQJGjLDGxbR5rffDr5Hw2WwrD"',
    });
    expect(res.headers).not.toHaveProperty('x-powered-by');
    expect(res.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('is whole, compressed and not, when it is a long one, and shows at once', async () => {
    await get();
    const names = Array.from({ length: 2_000 }, (_, i) => `"Zoë ${i}": "20"`);
    list = await loadText(`{${names}}`);
    expect(list.json.length).toBeGreaterThan(16 * 1024);
    for (const coding of ['identity', 'gzip']) {
      const res = await get().set('Accept-Encoding', coding);
      expect(res.text).toBe(Buffer.from(list.json).toString());
    }
  });

  test('is the same for HEAD, without the body', async () => {
    const res = await request(app)
      .head(STUDENT_AGES_PATH)
      .set('Accept-Encoding', 'identity')
      .auth('root', 'hush-hush');
    expect(res.status).toBe(200);
    expect(res.headers['content-length']).toBe('139');
    expect(res.headers['etag']).toBe(`"${shipped.digest}"`);
    expect(res.text).toBeUndefined();
  });

  test.each(['gzip', 'gzip, deflate, br', 'br;q=1, gzip;q=0.5', '*'])(
    'is compressed for Accept-Encoding: %s',
    async (coding) => {
      const res = await get().set('Accept-Encoding', coding);
      expect(res.headers).toMatchObject({
        'content-encoding': 'gzip',
        'content-length': String(shipped.gzip.length),
        etag: `"${shipped.digest}-gzip"`,
      });
      expect(res.text).toBe(BODY);
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
    for (const [coding, etag] of [
      ['identity', `"${shipped.digest}"`],
      ['gzip', `"${shipped.digest}-gzip"`],
    ] as const) {
      const res = await get().set('Accept-Encoding', coding).set('If-None-Match', header(etag));
      expect(res.status).toBe(304);
      expect(res.text).toBe('');
      expect(res.headers).toMatchObject({
        etag,
        vary: 'Accept-Encoding',
        'cache-control': 'private, no-cache',
      });
    }
  });

  test('is 200 for the tag of the other coding, or of another list', async () => {
    for (const etag of [`"${shipped.digest}-gzip"`, '"other"', 'nonsense']) {
      const res = await get().set('Accept-Encoding', 'identity').set('If-None-Match', etag);
      expect(res.status).toBe(200);
    }
  });

  test('is 503 with the reason, and when to ask again, while there is no list', async () => {
    list = undefined;
    expect((await get()).text).toBe(errorBody('The list has not been read yet'));
    problem = '/data/student_age.json is missing';
    for (const path of [STUDENT_AGES_PATH, '/health/ready']) {
      const res = await get(path);
      expect(res.status).toBe(503);
      expect(res.text).toBe(errorBody('/data/student_age.json is missing'));
      expect(res.headers['retry-after']).toBe('2');
    }
  });
});

describe('the list, without valid credentials', () => {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['none', {}],
    ['wrong', { Authorization: `Basic ${encode('root:wrong')}` }],
    ['malformed', { Authorization: 'Basic !' }],
    ['another scheme', { Authorization: `Bearer ${encode('root:hush-hush')}` }],
    ['none, but the right entity tag', { 'If-None-Match': '*' }],
  ])('is 401, with a list and without: %s', async (_what, headers) => {
    for (list of [shipped, undefined]) {
      const res = await request(app).get(STUDENT_AGES_PATH).set(headers);
      expect(res.status).toBe(401);
      expect(res.headers['www-authenticate']).toBe(
        'Basic realm="Authentication Required", charset="UTF-8"',
      );
      expect(res.headers['content-type']).toBe('application/json');
      expect(res.text).toBe(errorBody('Unauthorized access'));
      expect((await request(app).head(STUDENT_AGES_PATH).set(headers)).status).toBe(401);
    }
  });
});

describe('an unknown path is 404, with or without credentials', () => {
  test.each([
    '/supmit/api/v1.0',
    `${STUDENT_AGES_PATH}/`,
    STUDENT_AGES_PATH.toUpperCase(),
    '/supmit/api/v1.0/Get_student_ages',
    `/x/${STUDENT_AGES_PATH}`,
    '/supmit/api//v1.0/get_student_ages',
    '/supmit/api/v1.0%2Fget_student_ages',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/health/live/',
    '/__proto__',
  ])('%s', async (path) => {
    for (const req of [request(app).get(path), get(path), request(app).post(path)]) {
      const res = await req;
      expect(res.status).toBe(404);
      expect(res.text).toBe(errorBody('Not found'));
      expect(res.headers['content-type']).toBe('application/json');
    }
  });
});

test.each(['/%zz', '/%', '/%c3%28', `${STUDENT_AGES_PATH}%ff`, `${STUDENT_AGES_PATH}/%ff`])(
  'a malformed URL is 400: %s',
  async (path) => {
    const res = await request(app).get(path);
    expect(res.status).toBe(400);
    expect(res.text).toBe(errorBody('Bad request'));
  },
);

test('two Host headers are 400', async () => {
  // As the server joins them.
  const res = await request(app).get('/health/live').set('Host', 'a, b');
  expect(res.status).toBe(400);
});

describe.each([
  STUDENT_AGES_PATH,
  `${STUDENT_AGES_PATH}/Ahmed`,
  '/',
  '/supmit/api/v1.0/openapi.json',
  '/health/live',
  '/health/ready',
])('another method on %s', (path) => {
  test.each(['post', 'put', 'patch', 'delete'] as const)('is 405: %s', async (method) => {
    const res = await request(app)[method](path).send({ a: 1 });
    expect(res.status).toBe(405);
    expect(res.headers['allow']).toBe('GET, HEAD, OPTIONS');
    expect(res.text).toBe(errorBody('Method not allowed'));
  });

  test('is 200 with Allow for OPTIONS', async () => {
    const res = await request(app).options(path);
    expect(res.status).toBe(200);
    expect(res.headers['allow']).toBe('GET, HEAD, OPTIONS');
    expect(res.text).toBe('');
  });
});

describe('/health, without credentials', () => {
  test('live is 200, also without a list', async () => {
    list = undefined;
    const res = await request(app).get('/health/live');
    expect(res.status).toBe(200);
    expect(res.text).toBe('{\n  "status": "live"\n}\n');
  });

  test('ready is 200 when a list can be served, with the problem while it is an old one', async () => {
    expect((await request(app).get('/health/ready')).body).toEqual({
      status: 'ready',
      students: 6,
    });
    problem = 'line 3, column 2: expected an age';
    const res = await request(app).get('/health/ready');
    expect(res.status).toBe(200);
    expect(res.body).toEqual({ status: 'ready', students: 6, problem });
  });
});

test('anything unexpected is 500 for the client, with the details in the log only', async () => {
  const log = captureLog();
  const list = () => {
    throw new Error('the cause');
  };
  const app = createApp(holdList(list), CREDENTIALS, log.logger);
  const res = await request(app).get('/health/ready');
  expect(res.status).toBe(500);
  expect(res.text).toBe(errorBody('Internal server error'));
  expect(log.lines.join('')).toContain('the cause');
});

describe('the log', () => {
  test('has one line for each failure, and at debug one for each request', async () => {
    await request(app).get('/nowhere');
    await get();
    const logged = lines.map((line): unknown => JSON.parse(line));
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 40, method: 'GET', path: '/nowhere', status: 404 }),
    );
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 20, path: STUDENT_AGES_PATH, status: 200 }),
    );
  });

  test('has no more of a path than its beginning', async () => {
    await request(app).get(`/${'x'.repeat(10_000)}`);
    expect(lines.join('').length).toBeLessThan(1_000);
  });

  test('never has credentials, wherever the client put them', async () => {
    await get();
    await request(app).get(STUDENT_AGES_PATH).auth('root', 'hush-wrong');
    await get('/nowhere?password=hush-query');
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.join('')).not.toContain('hush');
    expect(lines.join('')).not.toContain(Buffer.from('root:hush-hush').toString('base64'));
  });
});
