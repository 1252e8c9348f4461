import { expect, test } from '@jest/globals';
import { holdStudents } from '../../test/held-students';
import { DEFAULT_QUERY } from '../students/query';
import type { Students } from '../students/students';
import { createPageCache, MAX_PAGES } from './cache';

/** A cache, and the pages that it had to render. */
function cache() {
  const rendered: string[] = [];
  const get = createPageCache(async (_list, { page }, isWanted) => {
    await Promise.resolve();
    if (!isWanted()) return undefined;
    rendered.push(`page ${page}`);
    return Buffer.from(`page ${page}`);
  });
  const getPage = (list: Students, page = 1, isWanted = () => true) =>
    get(list, { ...DEFAULT_QUERY, page }, isWanted);
  return { get: getPage, rendered };
}

const LIST = holdStudents([['Ahmed', '20']]);

test('a page is rendered once, also for two who ask at the same time', async () => {
  const { get, rendered } = cache();
  const [first, second] = await Promise.all([get(LIST), get(LIST)]);
  expect(first).toBe(second);
  expect(await get(LIST)).toBe(first);
  expect(rendered).toEqual(['page 1']);
});

test('a page that could not be rendered is rendered again', async () => {
  let isBroken = true;
  const get = createPageCache(async () => {
    if (isBroken) throw new Error('broken');
    return Buffer.from('whole');
  });
  await expect(get(LIST, DEFAULT_QUERY, () => true)).rejects.toThrow('broken');
  isBroken = false;
  expect(String(await get(LIST, DEFAULT_QUERY, () => true))).toBe('whole');
});

test('a page that nobody waited for when its turn came is rendered for who asks next', async () => {
  const { get, rendered } = cache();
  const gone = get(LIST, 1, () => false);
  expect(await get(LIST, 1)).toBeUndefined();
  expect(await gone).toBeUndefined();
  expect(String(await get(LIST, 1))).toBe('page 1');
  expect(rendered).toEqual(['page 1']);
});

test('a page of the list before that fails late does not take the new one with it', async () => {
  let failLate = () => {};
  const rendered: Students[] = [];
  const render = createPageCache((students) => {
    rendered.push(students);
    if (students !== LIST) return Promise.resolve(Buffer.from('new'));
    return new Promise((_, reject) => (failLate = () => reject(new Error('late'))));
  });
  const get = (students: Students) => render(students, DEFAULT_QUERY, () => true);
  const late = get(LIST);
  const newList = holdStudents([['Sara', '23']]);
  await get(newList);
  failLate();
  await expect(late).rejects.toThrow('late');
  await get(newList);
  expect(rendered).toEqual([LIST, newList]);
});

test('each query has a page of its own, and each list, though it looks the same', async () => {
  const { get, rendered } = cache();
  expect(String(await get(LIST, 1))).toBe('page 1');
  expect(String(await get(LIST, 2))).toBe('page 2');
  await get({ ...LIST }, 2);
  expect(rendered).toEqual(['page 1', 'page 2', 'page 2']);
});

test('so many pages are kept and no more; what was not asked for longest goes first', async () => {
  const { get, rendered } = cache();
  for (let page = 1; page <= MAX_PAGES; page++) await get(LIST, page);
  await get(LIST, 1);
  await get(LIST, 1_000);
  rendered.length = 0;
  await get(LIST, 1);
  expect(rendered).toEqual([]);
  await get(LIST, 2);
  expect(rendered).toEqual(['page 2']);
});
