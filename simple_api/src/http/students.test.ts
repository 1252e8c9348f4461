import { expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { SHIPPED } from '../../test/contract';
import { openList } from '../../test/opened-list';
import { pathOf, serve } from '../../test/served';
import { STUDENTS_PATH } from './documents';

const NEXT = /<([^>]*)>; rel="next"/;

test('the links lead through all pages of one state, which If-Match holds fast', async () => {
  const names = Array.from({ length: 25 }, (_, i) => `${i % 2 ? 'É' : 'e'}&${i + 10}`);
  const { ask } = await serve(await openList(`{${names.map((name) => `"${name}": 20`)}}`));
  const seen: string[] = [];
  let tag = '*';
  let next: string | undefined = `${STUDENTS_PATH}?name=e%26&size=10`;
  while (next !== undefined) {
    const res: Response = await ask('get', next, 'reader').set('If-Match', tag);
    expect(res.status).toBe(200);
    seen.push(...res.body.students.map(({ name }: { name: string }) => name));
    tag = res.headers['etag'] ?? '';
    next = NEXT.exec(res.headers['link'] ?? '')?.[1];
  }
  expect(seen).toEqual(names);
  await ask('put', pathOf('Zoe')).send({ age: 1 });
  expect((await ask('get', STUDENTS_PATH).set('If-Match', tag)).status).toBe(412);
  expect((await ask('get', STUDENTS_PATH).set('If-None-Match', tag)).status).toBe(200);
});

test('HEAD makes no page', async () => {
  const store = await openList(SHIPPED);
  const { ask } = await serve({ ...store, query: () => Promise.reject(new Error('a page')) });
  expect((await ask('head', `${STUDENTS_PATH}?page=2`)).status).toBe(200);
});

test('the entity tag is that of the page, where the list changes meanwhile', async () => {
  const store = await openList(SHIPPED);
  const { ask } = await serve({ ...store, version: async () => 'before' });
  const tag = `"${await store.version()}"`;
  expect((await ask('get', STUDENTS_PATH)).headers['etag']).toBe(tag);
  expect((await ask('get', STUDENTS_PATH).set('If-Match', '"before"')).status).toBe(412);
});
