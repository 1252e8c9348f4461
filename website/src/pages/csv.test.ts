import { get as ask, createServer } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { linksOf } from '../../test/html';
import { closeServers, listen, startServer } from '../../test/scripted-api';
import { playList, SIX } from '../../test/scripted-list';
import { openSite } from '../../test/site';
import { MAX_FILES } from './csv';

afterEach(closeServers);

const MANY: (readonly [string, number])[] = Array.from({ length: 2_001 }, (_, i) => {
  return [`Student ${`${i}`.padStart(4, '0')}`, i % 3 ? 20 : 30] as const;
});
const openLong = (students = MANY) => openSite({ api: playList(students) });
const partsOf = (lines: string[]) => lines.map((line) => /\bpage=\d+/.exec(line)?.[0]);

test('the file is for keeping, in UTF-8, and named', async () => {
  const { visit } = await openSite();
  const { headers, text } = await visit.get('/students.csv').expect(200);
  expect(headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(headers['content-disposition']).toBe('attachment; filename="students.csv"');
  expect(headers['cache-control']).toBe('private, no-cache');
  const rows = SIX.map(([name, age]) => `"${name}",${age}\r\n`);
  expect(text).toBe(`\uFEFFName,Age\r\n${rows.join('')}`);
});

test('it has the page’s filter and order, and all pages, a thousand students at a time', async () => {
  const site = await openLong();
  const rowsOf = async (query: string) =>
    (await site.visit.get(`/students.csv${query}`)).text.trim().split('\r\n').slice(1);
  const all = MANY.map(([name, age]) => `"${name}",${age}`);
  expect(await rowsOf('?page=2&order=desc')).toEqual(all.toReversed());
  expect(partsOf(site.api.takeLines())).toEqual(['page=1', 'page=2', 'page=3']);
  expect(await rowsOf('?name=99')).toEqual(all.filter((row) => row.includes('99')));
  expect(await rowsOf('?name=nobody')).toEqual([]);
  expect((await site.visit.head('/students.csv')).headers['content-type']).toMatch('text/csv');
  expect(site.api.takeLines()).toHaveLength(3);
  const { text } = await site.visit.get('/students?name=9&sort=age&order=desc&page=2');
  expect(linksOf(text, /^Download as CSV$/)).toEqual(['/students.csv?name=9&sort=age&order=desc']);
});

test.each<[string, number, (api: ReturnType<typeof playList>) => [number, object] | false]>([
  ['the list changes', 40, (api) => !api.list.set('Zoë', 1) && [500, {}]],
  ['the API is away', 50, () => [503, {}]],
])('when %s in the middle, the connection is cut', async (_what, level, happen) => {
  const { api, visit, lines } = await openLong();
  api.before = async (line) => line.includes('page=2') && happen(api);
  await expect(visit.get('/students.csv')).rejects.toThrow(/aborted|socket hang up/);
  expect(lines.map((line) => JSON.parse(line).level)).toContain(level);
});

test('no more is asked for than the client takes, and nothing once it is gone', async () => {
  const long = Array.from({ length: 20_000 }, (_, i) => [`${i}`.padEnd(200, 'é'), 20] as const);
  const { app, api, lines } = await openLong(long);
  const { url } = await startServer(app);
  const req = ask(`${url}/students.csv`, (res) => res.pause()).on('error', () => {});
  let asked = 0;
  do {
    asked = api.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (api.requests.length > asked || asked === 0);
  expect(asked).toBeLessThan(18);
  req.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(api.requests).toHaveLength(asked);
  expect(lines.filter((line) => JSON.parse(line).level > 20)).toEqual([]);
});

test('twenty are under way at a time; one more is to come again', async () => {
  const { app, api, visit } = await openSite();
  let seen = 0;
  const server = createServer(app).on('request', () => seen++);
  const { url } = await listen(server);
  api.before = () => new Promise(() => {});
  const twenty = Array.from({ length: MAX_FILES }, () =>
    ask(`${url}/students.csv`, { agent: false }).on('error', () => {}),
  );
  while (seen < MAX_FILES) await new Promise(setImmediate);
  expect((await visit.get('/students.csv').expect(503)).headers['retry-after']).toBe('2');
  for (const req of twenty) req.destroy();
  api.before = async () => false;
  for (let status = 503; status !== 200; ) ({ status } = await visit.get('/students.csv'));
});
