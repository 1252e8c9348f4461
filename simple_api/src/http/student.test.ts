import { expect, test } from '@jest/globals';
import { SHIPPED } from '../../test/contract';
import { openList } from '../../test/opened-list';
import { MERGE_PATCH, pathOf, serve } from '../../test/served';
import { STUDENT_AGES_PATH, STUDENTS_PATH } from './documents';

test.each([
  "O'Brien <b>",
  '__proto__',
  '10',
  'a/b',
  '.',
  '..',
  '%',
  '%41',
  '?#',
  'Zoë 😀',
  '"\\',
  '+ ',
])('a student is added, found everywhere, and removed: %j', async (name) => {
  const { ask, url } = await serve(await openList(SHIPPED));
  const added = await ask('put', pathOf(name)).type('json').send('{"age": "021"}');
  // No address leads to `..`: clients resolve it, as `new URL` does.
  const address = /^\.+$/.test(name) ? undefined : new URL(pathOf(name), url).pathname;
  expect([added.status, added.headers['location']]).toEqual([201, address]);
  const every = [...Buffer.from(name)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
  for (const written of [encodeURIComponent(name), every.join('')]) {
    const one = await ask('get', `${STUDENTS_PATH}/${written}`);
    expect(one.body).toEqual({ name, age: '021' });
    expect((await ask('get', `${STUDENT_AGES_PATH}/${written}`)).text).toBe('021');
  }
  const page = await ask('get', `${STUDENTS_PATH}?${new URLSearchParams({ name })}`);
  expect(page.body.students).toEqual([{ name, age: '021' }]);
  expect((await ask('get', STUDENT_AGES_PATH)).text).toContain(`${JSON.stringify(name)}: "021"`);
  const patch = ask('patch', STUDENTS_PATH).type(MERGE_PATCH);
  const removed = await patch.send(`{${JSON.stringify(name)}: null}`);
  expect(removed.body).toEqual({ added: 0, changed: 0, removed: 1 });
  expect((await ask('delete', pathOf(name))).status).toBe(404);
});

test.each([
  ['changes what both have seen', 'If-Match', '"string-20"', 'Ahmed', [200, 412]],
  ['adds the same student', 'If-None-Match', '*', 'Zoe', [201, 412]],
])('one of two who race %s', async (_what, header, tag, name, statuses) => {
  const { ask } = await serve(await openList(SHIPPED));
  const race = [21, 22].map((age) => ask('put', pathOf(name)).set(header, tag).send({ age }));
  expect((await Promise.all(race)).map(({ status }) => status).sort()).toEqual(statuses);
});
