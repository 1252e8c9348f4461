import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { exchange } from '../../test/exchange';
import { holdList } from '../../test/held-list';
import { loadText } from '../../test/load-text';
import { createApp } from '../app';
import { listen, type Service } from '../service/server';
import type { SerialisedList } from '../students/load';
import { STUDENT_AGES_PATH } from './documents';

const CREDENTIALS = { API_USERNAME: 'root', API_PASSWORD: 'root', EDITOR_USERNAME: 'editor' };
const NAMES = [
  'Ahmed',
  'Zoë',
  'a/b',
  'a%2Fb',
  '100 %',
  '?#',
  '..',
  '__proto__',
  '10',
  '"\\\n',
  '李😀',
];
const NOT_FOUND = '{\n  "error": "Not found"\n}\n';

let service: Service;
let list: SerialisedList | undefined;

beforeEach(async () => {
  const ages = NAMES.map((name, i) => `${JSON.stringify(name)}: ${i % 2 ? i : `"0${i}"`}`);
  list = await loadText(`{${ages}}`);
  const { logger } = captureLog();
  service = await listen(
    createApp(
      holdList(() => list),
      CREDENTIALS,
      logger,
    ),
    { PORT: 0, HOST: '127.0.0.1' },
    logger,
  );
});
afterEach(() => {
  service.server.closeAllConnections();
  service.server.close();
});

const path = (name: string) => `${STUDENT_AGES_PATH}/${encodeURIComponent(name)}`;
const get = (target: string) => request(service.url).get(target).auth('root', 'root');

describe('the age of one student, with valid credentials', () => {
  test('is what the old version sent, and the list stays as it is', async () => {
    for (let times = 0; times < 2; times++) {
      const res = await get(path('Ahmed'));
      expect(res.status).toBe(200);
      expect(res.text).toBe('00');
      expect(res.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-length': '2',
        'cache-control': 'private, no-cache',
        'x-content-type-options': 'nosniff',
        etag: '"00"',
      });
    }
    expect((await get(STUDENT_AGES_PATH)).text).toContain('Ahmed');
  });

  test('is the same for HEAD, without the body', async () => {
    const res = await request(service.url).head(path('Ahmed')).auth('root', 'root');
    expect(res.status).toBe(200);
    expect(res.headers).toMatchObject({ 'content-length': '2', etag: '"00"' });
    expect((await get(path('Ahmed'))).text).toBe('00');
  });

  test('is 304 for a client that has it, until it changes', async () => {
    const ask = () => get(path('Zoë')).set('If-None-Match', 'W/"1"');
    const res = await ask();
    expect(res.status).toBe(304);
    expect(res.headers).toMatchObject({ etag: '"1"', 'cache-control': 'private, no-cache' });
    list = await loadText('{"Zoë": 2}');
    expect((await ask()).text).toBe('2');
  });

  test.each(NAMES.map((name, i) => [name, i % 2 ? String(i) : `0${i}`]))(
    'is there for %j, by any way to write it in a path',
    async (name, age) => {
      const every = [...Buffer.from(name)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
      for (const target of [path(name), `${STUDENT_AGES_PATH}/${every.join('')}`]) {
        const authorization = `Authorization: Basic ${btoa('root:root')}`;
        const request = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${authorization}`;
        expect(await exchange(service.url, `${request}\r\n\r\n`)).toMatch(
          new RegExp(`^HTTP/1.1 200 [^]*\\r\\n\\r\\n${age}$`),
        );
      }
    },
  );
});

test.each(['ahmed', 'Ahme', 'constructor', 'toString', 'Ahmed/', 'student_ages'])(
  'a name that is not in the list is 404: %s',
  async (name) => {
    const res = await get(path(name));
    expect(res.status).toBe(404);
    expect(res.text).toBe(NOT_FOUND);
    expect(res.headers['content-type']).toBe('application/json');
  },
);

test('a longer path, and an empty name, are other paths', async () => {
  for (const end of ['/', '/Ahmed/', '/a/b']) {
    const res = await get(`${STUDENT_AGES_PATH}${end}`);
    expect([res.status, res.text]).toEqual([404, NOT_FOUND]);
  }
});

test('without valid credentials it is 401, whether the name is there or not', async () => {
  for (const name of ['Ahmed', 'nobody']) {
    for (const res of [
      await request(service.url).get(path(name)),
      await request(service.url).get(path(name)).auth('root', 'wrong'),
    ]) {
      expect(res.status).toBe(401);
      expect(res.headers['www-authenticate']).toMatch(/^Basic realm=/);
      expect(res.text).toBe('{\n  "error": "Unauthorized access"\n}\n');
    }
  }
});

test('wrong credentials count here and for the list together', async () => {
  for (let i = 0; i < 100; i++) {
    await request(service.url)
      .get(i % 2 ? path('Ahmed') : STUDENT_AGES_PATH)
      .auth('root', 'wrong');
  }
  expect((await request(service.url).get(path('Ahmed')).auth('root', 'wrong')).status).toBe(429);
});

test('it is 503 with the reason while there is no list', async () => {
  list = undefined;
  const res = await get(path('Ahmed'));
  expect(res.status).toBe(503);
  expect(res.headers['retry-after']).toBe('2');
});

test.each(['//supmit/api/v1.0/get_student_ages', '/supmit/api/v1.0/get%5Fstudent%5fa%67es'])(
  'the list is found as the old version found it: %s',
  async (target) => {
    const raw = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
    const authorization = `Authorization: Basic ${btoa('root:root')}\r\n\r\n`;
    expect(await exchange(service.url, raw + authorization)).toContain('"Ahmed": "00"');
  },
);
