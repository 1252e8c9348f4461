import { expect, test } from '@jest/globals';
import { SHIPPED } from '../../test/contract';
import { openList } from '../../test/opened-list';
import { serve } from '../../test/served';
import { STUDENTS_PATH } from './documents';

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
