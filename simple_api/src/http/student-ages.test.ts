import { expect, test } from '@jest/globals';
import { BODY, SHIPPED } from '../../test/contract';
import { openList } from '../../test/opened-list';
import { MERGE_PATCH, serve } from '../../test/served';
import { NoListError } from '../students/store';
import { STUDENT_AGES_PATH, STUDENTS_PATH } from './documents';

const COMPRESSED = ['gzip', 'gzip, deflate, br', 'br;q=1, gzip;q=0.5', '*'];
const PLAIN = ['identity', 'gzip;q=0', 'deflate, br;q=0.9', '', 'identity;q=0'];

test.each([...COMPRESSED, ...PLAIN])(
  'is coded, and known again, for Accept-Encoding: %s',
  async (coding) => {
    const isCompressed = COMPRESSED.includes(coding);
    const store = await openList(SHIPPED);
    const { ask } = await serve(store);
    const get = (noneMatch: string) =>
      ask('get', STUDENT_AGES_PATH).set('Accept-Encoding', coding).set('If-None-Match', noneMatch);
    const tags = [`"${await store.version()}"`, `"${await store.version()}-gzip"`];
    const [other = '', etag = ''] = isCompressed ? tags : tags.toReversed();
    const res = await get(`${other}, nonsense`);
    expect([res.status, res.text]).toEqual([200, BODY]);
    expect(res.headers['content-encoding']).toBe(isCompressed ? 'gzip' : undefined);
    expect(res.headers).toMatchObject({ etag, vary: 'Accept-Encoding' });
    for (const tag of [etag, `W/${etag}`, `"a", W/"b",${etag} , "c"`, '*']) {
      const { status, text, headers } = await get(tag);
      expect([status, text, headers['etag']]).toEqual([304, '', etag]);
    }
  },
);

test('a long list is whole, by code point, and a change shows at once', async () => {
  const { ask } = await serve(await openList('{}'));
  const get = (coding: string) => ask('get', STUDENT_AGES_PATH).set('Accept-Encoding', coding);
  expect((await get('gzip')).text).toBe('{\n  "student_ages": {}\n}\n');
  const names = Array.from({ length: 3_000 }, (_, i) => `"Zoë ${i + 1_000}": 20`);
  await ask('patch', STUDENTS_PATH)
    .type(MERGE_PATCH)
    .send(`{"😀": 1, "ﷺ": 2, ${names.toReversed()}}`);
  const members = [...names, '"ﷺ": 2', '"😀": 1'].join(',\n    ');
  for (const coding of ['identity', 'gzip']) {
    expect((await get(coding)).text).toBe(`{\n  "student_ages": {\n    ${members}\n  }\n}\n`);
  }
});

test('who is asked for credentials may give them on the same connection', async () => {
  const { ask } = await serve(await openList(SHIPPED));
  const { status, headers } = await ask('get', STUDENT_AGES_PATH, 'nobody').set(
    'Connection',
    'keep-alive',
  );
  expect([status, headers['connection']]).toEqual([401, 'keep-alive']);
});

test('a list that could not be had is asked for again', async () => {
  const store = await openList(SHIPPED);
  let list = (): ReturnType<typeof store.list> => Promise.reject(new NoListError('it is away'));
  const { ask } = await serve({ ...store, list: () => list() });
  expect((await ask('get', STUDENT_AGES_PATH)).status).toBe(503);
  list = store.list;
  expect((await ask('get', STUDENT_AGES_PATH)).status).toBe(200);
});

test('the longest list of a file has a length, and is made once for all that ask first', async () => {
  const names = Array.from({ length: 30_000 }, (_, i) => `"${i}`.padEnd(131, 'x'));
  const store = await openList(`{${names.map((name) => `${name}":"020"`)}}`); // of 4 MiB
  let lists = 0;
  const list = () => {
    lists++;
    return store.list();
  };
  const { ask } = await serve({ ...store, list });
  const get = () => ask('get', STUDENT_AGES_PATH).set('Accept-Encoding', 'identity');
  const all = await Promise.all([get(), get(), get(), get(), get()]);
  for (const { text, headers } of all) {
    expect(headers['content-length']).toBe(`${text.length}`);
    expect(text.length).toBeGreaterThan(4 * 1024 * 1024);
  }
  expect(lists).toBe(1);
});
