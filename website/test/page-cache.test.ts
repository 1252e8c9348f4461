import { expect, test } from '@jest/globals';
import { encodeHtml } from '../src/html-answer';
import { createPageCache, MAX_PAGES } from '../src/page-cache';
import type { StudentList } from '../src/student-list';

/** A cache, and the queries that it had to render. */
function cache() {
  const rendered: string[] = [];
  const get = createPageCache(async (list, search) => {
    rendered.push(`${list.length} ${search}`);
    return encodeHtml(`${list.length} ${search}`);
  });
  return { get, rendered };
}

const LIST: StudentList = [['Ahmed', '20']];

test('a page is rendered once, also for two who ask at the same time', async () => {
  const { get, rendered } = cache();
  const [first, second] = await Promise.all([get(LIST, ''), get(LIST, '')]);
  expect(first).toBe(second);
  expect(await get(LIST, '')).toBe(first);
  expect(rendered).toEqual(['1 ']);
});

test('a page that could not be rendered is rendered again', async () => {
  let isBroken = true;
  const get = createPageCache(async () => {
    if (isBroken) throw new Error('broken');
    return encodeHtml('whole');
  });
  await expect(get(LIST, '')).rejects.toThrow('broken');
  isBroken = false;
  expect(await get(LIST, '')).toEqual({ latin1: 'whole' });
});

test('a page of the list before that fails late does not take the new one with it', async () => {
  let failLate: () => void = () => undefined;
  let calls = 0;
  const get = createPageCache((list) => {
    calls++;
    return list === LIST
      ? new Promise((_resolve, reject) => {
          failLate = () => reject(new Error('late'));
        })
      : Promise.resolve(encodeHtml('new'));
  });
  const late = get(LIST, '');
  const newList: StudentList = [['Sara', '23']];
  await get(newList, '');
  failLate();
  await expect(late).rejects.toThrow('late');
  await get(newList, '');
  expect(calls).toBe(2);
});

test('each query has a page of its own', async () => {
  const { get } = cache();
  expect(await get(LIST, 'name=a')).toEqual({ latin1: '1 name=a' });
  expect(await get(LIST, 'page=2')).toEqual({ latin1: '1 page=2' });
});

test('another list has other pages, though it looks the same', async () => {
  const { get, rendered } = cache();
  await get(LIST, '');
  await get([...LIST], '');
  expect(rendered).toHaveLength(2);
});

test('so many pages are kept and no more; what was not asked for longest goes first', async () => {
  const { get, rendered } = cache();
  for (let page = 1; page <= MAX_PAGES; page++) await get(LIST, `page=${page}`);
  await get(LIST, 'page=1');
  await get(LIST, 'page=0');
  rendered.length = 0;
  await get(LIST, 'page=1');
  expect(rendered).toEqual([]);
  await get(LIST, 'page=2');
  expect(rendered).toEqual(['1 page=2']);
});
