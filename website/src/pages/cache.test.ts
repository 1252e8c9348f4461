import { expect, test } from '@jest/globals';
import type { StudentList } from '../students/list';
import { DEFAULT_QUERY } from '../students/query';
import { createPageCache, MAX_PAGES } from './cache';

/** A cache, and the pages that it had to render. */
function cache() {
  const rendered: string[] = [];
  const get = createPageCache(async (list, { page }) => {
    rendered.push(`${list.length} ${page}`);
    return Buffer.from(`${list.length} ${page}`);
  });
  return { get: (list: StudentList, page = 1) => get(list, { ...DEFAULT_QUERY, page }), rendered };
}

const LIST: StudentList = [['Ahmed', '20']];

test('a page is rendered once, also for two who ask at the same time', async () => {
  const { get, rendered } = cache();
  const [first, second] = await Promise.all([get(LIST), get(LIST)]);
  expect(first).toBe(second);
  expect(await get(LIST)).toBe(first);
  expect(rendered).toEqual(['1 1']);
});

test('a page that could not be rendered is rendered again', async () => {
  let isBroken = true;
  const get = createPageCache(async () => {
    if (isBroken) throw new Error('broken');
    return Buffer.from('whole');
  });
  await expect(get(LIST, DEFAULT_QUERY)).rejects.toThrow('broken');
  isBroken = false;
  expect(String(await get(LIST, DEFAULT_QUERY))).toBe('whole');
});

test('a page of the list before that fails late does not take the new one with it', async () => {
  let failLate = () => {};
  const rendered: StudentList[] = [];
  const get = createPageCache((list) => {
    rendered.push(list);
    if (list !== LIST) return Promise.resolve(Buffer.from('new'));
    return new Promise((_, reject) => (failLate = () => reject(new Error('late'))));
  });
  const late = get(LIST, DEFAULT_QUERY);
  const newList: StudentList = [['Sara', '23']];
  await get(newList, DEFAULT_QUERY);
  failLate();
  await expect(late).rejects.toThrow('late');
  await get(newList, DEFAULT_QUERY);
  expect(rendered).toEqual([LIST, newList]);
});

test('each query has a page of its own, and each list, though it looks the same', async () => {
  const { get, rendered } = cache();
  expect(String(await get(LIST, 1))).toBe('1 1');
  expect(String(await get(LIST, 2))).toBe('1 2');
  await get([...LIST], 2);
  expect(rendered).toEqual(['1 1', '1 2', '1 2']);
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
  expect(rendered).toEqual(['1 2']);
});
