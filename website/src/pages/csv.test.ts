import { randomInt } from 'node:crypto';
import { get as ask } from 'node:http';
import { expect, test } from '@jest/globals';
import { eventually } from '../../../simple_api/test/eventually';
import { linksOf } from '../../test/html';
import { SIX, type Student } from '../../test/recorded-api';
import { respond, startServer } from '../../test/scripted-api';
import { openSite, type Site } from '../../test/site';
import { MAX_FILES } from './csv';

const MANY = Array.from({ length: 2_001 }, (_, i): Student => [`Student ${1e4 + i}`, 20 + (i % 3)]);

test.each(['gzip', undefined])(
  'the file is for keeping, in UTF-8, and named; as %s',
  async (it) => {
    const { visit } = await openSite();
    const ask = () => visit.get('/students.csv').set('Accept-Encoding', it ?? '');
    const { headers, text } = await ask().expect(200);
    expect(headers['content-encoding']).toBe(it);
    expect(headers['vary']).toBe('Accept-Encoding, Accept-Language');
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    const today = new Date(headers['date'] ?? '').toISOString().slice(0, 10);
    const named = `attachment; filename=students-${today}.csv`;
    expect(headers['content-disposition']).toBe(named);
    expect(headers['cache-control']).toBe('private, no-cache');
    const rows = SIX.map(([name, age]) => `"${name}",${age}\r\n`);
    expect(text).toBe(`\uFEFFName,Age\r\n${rows.join('')}`);
    const german = ask().set('Accept-Language', 'en;q=0.5, de-DE');
    expect((await german).text).toBe(text.replaceAll(',', ';'));
  },
);

test('it has the page’s filter and order, and all pages, a thousand students at a time', async () => {
  const { api, visit } = await openSite({ students: MANY });
  const rowsOf = async (query: string) =>
    (await visit.get(`/students.csv${query}`)).text.trim().split('\r\n').slice(1);
  const all = MANY.map(([name, age]) => `"${name}",${age}`);
  expect(await rowsOf('?page=2&order=desc')).toEqual(all.toReversed());
  const parts = api.takeLines().map((line) => /\bpage=\d+&size=\d+/.exec(line)?.[0]);
  expect(parts).toEqual([1, 2, 3].map((page) => `page=${page}&size=1000`));
  expect(await rowsOf('?name=99')).toEqual(all.filter((row) => row.includes('99')));
  expect(await rowsOf('?age=21')).toEqual(all.filter((row) => row.endsWith(',21')));
  expect((await visit.head('/students.csv')).headers['content-type']).toMatch('text/csv');
  expect(api.takeLines()).toHaveLength(3);
  const { text } = await visit.get('/students?name=1&sort=age&order=desc&page=2');
  expect(linksOf(text, /^Download as CSV$/)).toEqual(['/students.csv?name=1&sort=age&order=desc']);
});

test.each<[string, number, (api: Site['api']) => unknown]>([
  ['the list changes', 40, (api) => api.set('Zoë', 1)],
  ['the API is away', 50, (api) => (api.before = async () => respond(503))],
])('when %s in the middle, the connection is cut', async (_what, level, happen) => {
  const { api, visit, logged } = await openSite({ students: MANY });
  api.before = async (line) => {
    if (line.includes('page=2')) await happen(api);
    return false;
  };
  await expect(visit.get('/students.csv')).rejects.toThrow(/aborted|socket hang up/);
  await eventually(async () => expect(logged().map((line) => line.level)).toContain(level));
});

const CODINGS = ['identity', 'gzip'];
test.each(CODINGS)(
  'no more is asked for than the client takes, and nothing once it is gone: %s',
  async (coding) => {
    const { app, api, visit, logged } = await openSite();
    // Of a kind that no coding makes short.
    const name = () =>
      String.fromCharCode(...Array.from({ length: 200 }, () => randomInt(19968, 40000)));
    const students = Array.from({ length: 1_000 }, () => ({ name: name(), age: 20 }));
    const part = { students, page: 1, pages: 20, matching: 0, all: 0, ages: {}, read_only: null };
    const responds = respond(200, JSON.stringify(part), { ETag: '"x"' });
    api.before = async (line) => line.startsWith('GET') && responds;
    const { url } = await startServer(app);
    const taken = { headers: { 'Accept-Encoding': coding } };
    const req = ask(`${url}/students.csv`, taken, (res) => res.pause()).on('error', () => {});
    for (let asked = 0; api.requests.length > asked || asked === 0; ) {
      asked = api.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    req.destroy();
    for (let i = 0; i < 20; i++) await visit.get('/health/ready').expect(200);
    expect(api.takeLines().filter((line) => line.startsWith('GET')).length).toBeLessThan(18);
    expect(logged(30)).toEqual([]);
  },
);

test('who leaves while a part is asked for is no error', async () => {
  const { app, api, logged, visit } = await openSite({ students: MANY });
  const { url } = await startServer(app);
  const req = ask(`${url}/students.csv`, (res) => res.resume()).on('error', () => {});
  api.before = async (line) => line.includes('page=2') && (() => void req.destroy());
  await new Promise((resolve) => req.once('close', resolve));
  for (let i = 0; i < 20; i++) await visit.get('/health/live').expect(200);
  expect(logged(30)).toEqual([]);
});

test('twenty are under way at a time; one more is to come again', async () => {
  const { app, api, visit } = await openSite();
  let seen = 0;
  const { server, url } = await startServer(app);
  server.on('request', () => seen++);
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
