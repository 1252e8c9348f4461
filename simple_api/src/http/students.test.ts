import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { eventually } from '../../test/eventually';
import { exchange } from '../../test/exchange';
import { createApp } from '../app';
import { listen, type Service } from '../service/server';
import { openStudentStore, type StudentStore } from '../students/store';
import { updateList } from '../students/thread';
import { STUDENT_AGES_PATH, STUDENTS_PATH } from './documents';

const GOOD = '{\n  "Ahmed": "20",\n  "Sara": 23\n}\n';
const RULE = 'an age must be from 0 to 150: a whole number, or one to three digits in quotes';
const MERGE_PATCH = 'application/merge-patch+json';

let folder: string;
let file: string;
let store: StudentStore;
let service: Service;
let lines: string[];

async function start(password = 'hush', readOnly?: string): Promise<void> {
  const log = captureLog();
  lines = log.lines;
  store = openStudentStore(file, updateList, log.logger);
  await store.opened;
  const credentials = { API_USERNAME: 'root', API_PASSWORD: password, EDITOR_USERNAME: 'editor' };
  const seen = readOnly === undefined ? store : { ...store, whyReadOnly: async () => readOnly };
  const app = createApp(seen, credentials, log.logger);
  service = await listen(app, { PORT: 0, HOST: '127.0.0.1' }, log.logger);
}
async function stop(): Promise<void> {
  store.close();
  service.server.closeAllConnections();
  service.server.close();
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'students-'));
  file = join(folder, 'student_age.json');
  await writeFile(file, GOOD);
  await start();
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

const text = () => readFile(file, 'utf8');
const path = (name: string) => `${STUDENTS_PATH}/${encodeURIComponent(name)}`;
const ask = (method: 'get' | 'put' | 'delete' | 'patch' | 'options', target: string) =>
  request(service.url)[method](target).auth('root', 'hush');
const put = (name: string, body: object | string) => ask('put', path(name)).type('json').send(body);
const patch = (body: object | string) => ask('patch', STUDENTS_PATH).type(MERGE_PATCH).send(body);
const shown = async () => (await ask('get', STUDENT_AGES_PATH)).body.student_ages;

describe('one student', () => {
  test('is sent with an entity tag, which another age or type changes', async () => {
    const res = await ask('get', path('Ahmed'));
    expect(res.status).toBe(200);
    expect(res.text).toBe('{\n  "name": "Ahmed",\n  "age": "20"\n}\n');
    expect(res.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'private, no-cache',
      etag: '"string-20"',
    });
    const tag = res.headers['etag'] ?? '';
    expect((await ask('get', path('Ahmed')).set('If-None-Match', tag)).status).toBe(304);
    await put('Ahmed', { age: 20 });
    const changed = await ask('get', path('Ahmed')).set('If-None-Match', tag);
    expect([changed.status, changed.body]).toEqual([200, { name: 'Ahmed', age: 20 }]);
    expect((await request(service.url).head(path('Ahmed')).auth('root', 'hush')).status).toBe(200);
  });

  test('is 404 when there is none', async () => {
    for (const method of ['get', 'delete'] as const) {
      expect((await ask(method, path('nobody'))).status).toBe(404);
    }
    expect(await text()).toBe(GOOD);
  });

  test.each(["O'Brien <b>", '__proto__', '10', 'a/b', 'Zoë 😀', '"\\\n', '%41'])(
    'is added, changed and removed, and shows at once: %j',
    async (name) => {
      const added = await put(name, { age: '021' });
      expect([added.status, added.body]).toEqual([201, { name, age: '021' }]);
      expect(added.headers['location']).toBe(path(name));
      expect(added.headers).not.toHaveProperty('etag');
      expect((await ask('get', added.headers['location'] ?? '')).text).toBe(added.text);
      expect(Object.entries(await shown())).toContainEqual([name, '021']);

      const changed = await put(name, { name, age: 22 });
      expect([changed.status, changed.body]).toEqual([200, { name, age: 22 }]);
      expect(changed.headers).not.toHaveProperty('location');
      expect(await text()).toBe(GOOD.replace('\n}', `,\n  ${JSON.stringify(name)}: 22\n}`));

      const removed = await ask('delete', path(name));
      expect([removed.status, removed.text]).toEqual([204, '']);
      expect(await shown()).toEqual({ Ahmed: '20', Sara: 23 });
      expect(await text()).toBe(GOOD);
    },
  );

  test('is changed only if it is what If-Match says: one of two racers is', async () => {
    const tag = (await ask('get', path('Ahmed'))).headers['etag'] ?? '';
    const race = [21, 22].map((age) => put('Ahmed', { age }).set('If-Match', `"x", ${tag}`));
    const statuses = (await Promise.all(race)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 412]);
    const late = await ask('delete', path('Ahmed')).set('If-Match', tag);
    expect([late.status, late.body.error]).toEqual([412, 'It has changed meanwhile, or is gone']);
    // A weak tag is never the same (RFC 9110, 8.8.3.2).
    const now = (await ask('get', path('Ahmed'))).headers['etag'];
    expect((await ask('delete', path('Ahmed')).set('If-Match', `W/${now}`)).status).toBe(412);
    expect((await ask('delete', path('Ahmed')).set('If-Match', '*')).status).toBe(204);
    expect((await ask('delete', path('Ahmed')).set('If-Match', '*')).status).toBe(404);
    expect((await put('Ahmed', { age: 1 }).set('If-Match', '*')).status).toBe(412);
  });

  test('is added only if it is not there, with If-None-Match', async () => {
    const add = () => put('Omar', { age: 1 }).set('If-None-Match', '*');
    const statuses = (await Promise.all([add(), add()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 412]);
    const tag = (await ask('get', path('Omar'))).headers['etag'];
    expect((await put('Omar', { age: 2 }).set('If-None-Match', `W/${tag}`)).status).toBe(412);
  });
});

describe('the whole list', () => {
  test('is changed by a merge patch, which says how much it did', async () => {
    const res = await patch(
      '{"Ahmed": "21", "Sara": null, "__proto__": 7, "nobody": null, "10": "1"}',
    );
    expect(res.status).toBe(200);
    expect(res.text).toBe('{\n  "added": 2,\n  "changed": 1,\n  "removed": 1\n}\n');
    // `JSON.parse` takes names that are numbers first.
    expect(await text()).toBe('{\n  "Ahmed": "21",\n  "10": "1",\n  "__proto__": 7\n}\n');
    expect((await ask('get', STUDENTS_PATH)).text).toBe((await ask('get', STUDENT_AGES_PATH)).text);
  });

  test('is changed by a long one too', async () => {
    const ages = Array.from({ length: 20_000 }, (_, i) => [`Student ${i}`, 20]);
    const res = await patch(Object.fromEntries(ages));
    expect(res.body).toEqual({ added: 20_000, changed: 0, removed: 0 });
    expect(Object.keys(await shown())).toHaveLength(20_002);
  });

  test('is changed under no condition, which is for one student', async () => {
    for (const header of ['If-Match', 'If-None-Match']) {
      expect((await patch({ Ahmed: 1 }).set(header, '"string-20"')).status).toBe(400);
    }
    expect(await text()).toBe(GOOD);
  });

  test('stays as it is by an empty one', async () => {
    expect((await patch({})).body).toEqual({ added: 0, changed: 0, removed: 0 });
  });

  test('stays as it is when anything is wrong, and each reason is said', async () => {
    const res = await patch(
      '{"Omar": 1, "Ahmed": 151, "": 1, "__proto__": "x", "half": 1.5, "list": [1]}',
    );
    expect(res.status).toBe(400);
    expect(Object.entries(res.body.fields).sort()).toEqual([
      ['', 'a name is empty'],
      ['Ahmed', RULE],
      ['__proto__', RULE],
      ['half', RULE],
      ['list', RULE],
    ]);
    expect(await text()).toBe(GOOD);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`Student ${i}`, 151]));
    expect(Object.keys((await patch(many)).body.fields)).toHaveLength(100);
  });
});

describe('nothing is changed', () => {
  test.each<[string, string, Record<string, string>]>([
    ['no age', '{}', { age: RULE }],
    ['no valid age', '{"age": "old"}', { age: RULE }],
    ['null', '{"age": null}', { age: RULE }],
    ['another name', '{"name": "Sara", "age": 1}', { name: 'it is not that of the path' }],
  ])('by a body with %s: 400 with the reason', async (_what, body, fields) => {
    const res = await put('Ahmed', body);
    expect([res.status, res.body.fields]).toEqual([400, fields]);
    expect(await text()).toBe(GOOD);
  });

  test('by a name that cannot be one', async () => {
    const res = await put('x'.repeat(201), { age: 1 });
    expect(res.body.fields).toEqual({ name: 'a name has more than 200 characters' });
  });

  test.each([
    '{"age": 1',
    '[1]',
    'null',
    '"age"',
    '['.repeat(10_000),
    Buffer.from('{"\xff": 1}', 'latin1'),
  ])('by a body that is no JSON object: 400', async (body) => {
    const req = ask('put', path('Ahmed')).set('Content-Type', 'application/json; charset=utf-8');
    const res = await req.serialize((it) => it).send(body);
    expect(res.status).toBe(400);
    expect(res.body).toEqual({ error: 'The body must be a JSON object, in UTF-8' });
  });

  test.each([
    ['put', path('Ahmed'), MERGE_PATCH],
    ['put', path('Ahmed'), 'application/x-www-form-urlencoded'],
    ['patch', STUDENTS_PATH, 'application/json'],
  ] as const)('by a body of another type: 415 to %s %s as %s', async (method, target, type) => {
    const res = await ask(method, target).set('Content-Type', type).send('{"age":"1"}');
    expect(res.status).toBe(415);
    expect(res.body.error).toMatch(/^The body must be application/);
    expect((await ask(method, target)).status).toBe(415);
  });

  test('by a body that is too large: 413', async () => {
    const huge = JSON.stringify({ age: '1'.repeat(1024 * 1024) });
    expect((await put('Ahmed', huge.slice(0, 17_000))).status).toBe(413);
    expect((await patch(huge)).status).toBe(413);
  });

  test('while somebody is in the middle of an edit: 409 with the reason', async () => {
    await writeFile(file, '{"Ahmed": ');
    for (const res of [
      await put('Ahmed', { age: 1 }),
      await patch({ Ahmed: 1 }),
      await ask('delete', path('Sara')),
    ]) {
      expect(res.status).toBe(409);
      expect(res.body.error).toContain('student_age.json, line 1, column 11: expected an age');
    }
    expect(await text()).toBe('{"Ahmed": ');
    expect((await ask('get', path('Ahmed'))).status).toBe(200);
  });
});

describe('the list is read-only', () => {
  const changes = () => [
    put('Ahmed', { age: 1 }),
    ask('delete', path('Ahmed')),
    patch({ Ahmed: 1 }),
  ];

  test.each<[string, string, string | undefined, string]>([
    [
      'with the default credentials',
      'root',
      undefined,
      'the credentials are the default ones; set API_USERNAME and API_PASSWORD',
    ],
    [
      'where it cannot be written',
      'hush',
      '/data is mounted read-only',
      '/data is mounted read-only',
    ],
  ])('%s: 405 says why, and what is left', async (_where, password, readOnly, reason) => {
    await stop();
    await start(password, readOnly);
    for (const req of changes()) {
      const res = await req.auth('root', password);
      expect(res.status).toBe(405);
      expect(res.body).toEqual({ error: `The list is read-only: ${reason}` });
      expect(res.headers['allow']).toBe('GET, HEAD, OPTIONS');
    }
    expect(await text()).toBe(GOOD);
    expect((await ask('options', STUDENTS_PATH)).headers['allow']).toBe('GET, HEAD, OPTIONS');
  });

  test('else the methods are allowed, and others are not', async () => {
    const list = await ask('options', STUDENTS_PATH);
    const one = await ask('options', path('Ahmed'));
    expect(list.headers['allow']).toBe('GET, HEAD, OPTIONS, PATCH');
    expect(one.headers['allow']).toBe('GET, HEAD, OPTIONS, PUT, DELETE');
    const res = await ask('patch', path('Ahmed'));
    expect([res.status, res.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS, PUT, DELETE']);
  });
});

test('whoever has no credentials changes nothing, and no long body of theirs is read', async () => {
  for (const req of [put('Ahmed', { age: 1 }), ask('delete', path('Ahmed')), patch({ Ahmed: 1 })]) {
    expect((await req.auth('root', 'wrong')).status).toBe(401);
  }
  expect(await text()).toBe(GOOD);
  const headers =
    'Host: x\r\nContent-Type: application/merge-patch+json\r\nContent-Length: 1000000';
  const res = await exchange(service.url, `PATCH ${STUDENTS_PATH} HTTP/1.1\r\n${headers}\r\n\r\n{`);
  expect(res).toMatch(/^HTTP\/1.1 401 .*Connection: close\r\n/s);
});

test('a new list is logged, and so is what a client did wrong, in one line', async () => {
  await put('Ahmed', { age: 1 });
  expect((await put('Ahmed', { age: 'x' })).status).toBe(400);
  const logged = lines.map((line) => JSON.parse(line)).filter(({ level }) => level > 20);
  expect(logged.map(({ msg }) => msg)).toEqual([
    'serving a new list',
    'serving a new list',
    'Nothing was changed: not all fields are valid',
  ]);
});

test.each([1, 2])(
  'clients who leave, with %i requests under way, take no places',
  async (count) => {
    const body = '{"Zoe": 1}';
    const one = `PATCH ${STUDENTS_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa('root:hush')}\r\nContent-Type: ${MERGE_PATCH}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (let client = 0; client < 12; client++) {
      let seen = 0;
      service.server.on('request', ({ socket }) => ++seen === count && socket.destroy());
      await exchange(service.url, one.repeat(count));
      expect(seen).toBe(count);
    }
    await eventually(async () => expect((await patch({ Zoe: 2 })).status).toBe(200));
  },
);
