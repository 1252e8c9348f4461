import { once } from 'node:events';
import { request as ask } from 'node:http';
import { expect, test } from '@jest/globals';
import { served } from '../../../../simple_api/test/list-file';
import { RIGHT, SIX } from '../../../test/recorded-api';
import { respond, startServer } from '../../../test/scripted-api';
import { fieldOf, openSite, undo, wordsOf } from '../../../test/site';

const path = '/manage/paste';
const ROWS =
  "Name\tAge\r\nO'Brien <b>\t20\r\nAhmed\t21\r\nHiba\t021\r\nAHMED\t1\r\nNobody\tmany\r\n\r\nAverage\t20";

/** What the form of a preview sends, with the button that saves. */
function filled(html: string) {
  const hidden = ['text', 'etag', 'columns', 'seen'].map((it) => [it, fieldOf(html, it)] as const);
  const selects = [...html.matchAll(/name="(names|ages)".*?value="([^"]*)" selected/gs)];
  const chosen = selects.map(([, name = '', value = '']) => [name, value] as const);
  return { ...Object.fromEntries([...hidden, ...chosen]), save: 'yes' };
}

/** The tables of a preview, each a caption and its rows. */
const tablesOf = (html: string) =>
  [...html.matchAll(/<caption>(.*?)<\/caption>.*?<tbody>(.*?)<\/tbody>/gs)].map(
    ([, caption, rows = '']) => [caption, ...rows.trim().split('\n').map(wordsOf)],
  );

test('shows what is left out, new, changed and no student, changes nothing, and has the text once', async () => {
  const site = await openSite();
  expect((await site.get(path).expect(200)).text).toMatch(/<textarea [^>]*name="text"[^>]*>\n</);
  const { text } = await site.post(path, { text: ROWS }).expect(200);
  expect(wordsOf(text)).toContain(
    '8 rows: 2 new, 1 changed, 1 unchanged, 1 left out, 3 not students.',
  );
  expect(tablesOf(text)).toEqual([
    ['Left out: 1', '6Nobody, manyan age is a whole number from 0 to 150'],
    ['New: 2', "O'Brien <b>20", 'AHMED looks like Ahmed, who is on the list1'],
    ['Changed: 1', 'Ahmed20 → 21'],
    ['Not students: 3', '1Name, Ageheadings', '7empty', '8Average, 20a total or an average'],
  ]);
  expect(text.indexOf('Save 3 students')).toBeLessThan(text.indexOf('<table'));
  expect(filled(text)).toMatchObject({ text: ROWS, names: '0', ages: '1' });
  expect(text.split('Nobody\tmany')).toHaveLength(2);
  expect(await site.api.ageOf('Ahmed')).toBe('20');
  const nothing = wordsOf((await site.post(path, { text: 'Ahmed;20' })).text);
  expect(nothing).toContain('Nothing would change');
  expect(nothing).not.toContain('Save');
});

test('asks for the columns where they are not certain; others are looked at first', async () => {
  const site = await openSite();
  const asked = await site.post(path, { text: 'Zoë;Lee;20;1\nAnn;Fox;21;0' }).expect(200);
  for (const words of [
    'which column has the names',
    'which column has the ages',
    '2: Lee and 1: Zoë',
  ])
    expect(wordsOf(asked.text)).toContain(words);
  expect(tablesOf(asked.text)).toEqual([]);
  const born = await site.post(path, { text: 'Name;Born\nZoë;2006-05-12\nAnn;2005-01-01' });
  expect(born.text.split('No column has ages.')).toHaveLength(2);
  expect(asked.text).not.toContain('Save ');
  const chosen = { ...filled(asked.text), names: '1+0', ages: '2', save: '' };
  const preview = await site.post(path, chosen).expect(200);
  expect(tablesOf(preview.text)).toEqual([['New: 2', 'Lee Zoë20', 'Fox Ann21']]);
  const again = await site.post(path, { ...filled(preview.text), names: '0' }).expect(200);
  expect(wordsOf(again.text)).toContain('You have chosen other columns.');
  expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
  await site.post(path, filled(again.text)).expect(200);
  expect(await site.api.ageOf('Zoë')).toBe('20');
});

test('the website’s own CSV, pasted back, changes nothing, whatever names others have put there', async () => {
  const names = ['Zoe\u0308  Lee', '\u00a0=1', '=1', "'=1", 'Total', 'A,b;c', ' x '];
  const site = await openSite({ students: names.map((name) => [name, '20'] as const) });
  for (const languages of ['en', 'de']) {
    const csv = site.visit.get('/students.csv').set('Accept-Language', languages);
    const { text } = await site.post(path, { text: (await csv).text.slice(1) });
    expect(wordsOf(text)).toContain('8 rows: 0 new, 0 changed, 7 unchanged, 0 left out, 1 not');
  }
});

test('only what is in the body counts', async () => {
  const site = await openSite();
  const { text: page } = await site.get(`${path}?text=Eve;20&save=yes`);
  expect(page).not.toContain('Eve');
  const etag = fieldOf((await site.post(path, { text: ROWS })).text, 'etag');
  const query = `?${new URLSearchParams({ etag, save: 'yes' })}`;
  await site.post(path + query, { text: ROWS }).expect(200);
  await site.post(path + query, { text: ROWS, save: 'yes' }).expect(200); // has seen no preview
  await site.post(path + query, { text: ROWS, save: 'yes', columns: '0/1' }).expect(400);
  expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
});

test('can be edited again', async () => {
  const site = await openSite();
  const { text } = await site.post(path, { text: ROWS, etag: '"x"', edit: 'yes' }).expect(200);
  expect(text).toContain('>\nName\tAge\r\nO&#39;Brien &lt;b&gt;\t20');
  expect(site.api.takeLines()).toHaveLength(1); // may I?
  expect((await site.post(path, { text: ' ', save: 'yes' })).text).toContain('<textarea');
});

test('is saved by one request, without what is left out, and can be undone', async () => {
  const site = await openSite();
  const preview = await site.post(path, { text: `${ROWS}\r\n__proto__\t3\r\n10\t4` });
  const { text } = await site.post(path, filled(preview.text)).expect(200);
  expect(wordsOf(text)).toContain('5 students saved New: 4. Changed: 1.');
  expect(site.api.takeLines().filter((line) => !/^GET|preview/.test(line))).toEqual(['PATCH ']);
  const saved = { "O'Brien <b>": '20', Ahmed: '21', AHMED: '1', ['__proto__']: '3', 10: '4' };
  expect(await served(site.api.store)).toEqual({ ...Object.fromEntries(SIX), ...saved });
  await site.api.set('Sara', 30); // is nobody of them
  await undo(site, text).expect(303);
  expect(await served(site.api.store)).toEqual({ ...Object.fromEntries(SIX), Sara: 30 });
});

test('is shown again when the list has changed after the preview, also in the last moment', async () => {
  const site = await openSite();
  const preview = await site.post(path, { text: ROWS });
  site.api.before = async (line) => {
    if (line.startsWith('PATCH') && !line.endsWith('preview=true')) {
      site.api.before = async () => false;
      await site.api.set('Ahmed', '99');
    }
    return false;
  };
  const again = await site.post(path, filled(preview.text)).expect(409);
  expect(again.text).toContain('role="alert">Somebody has changed the list in the meantime.');
  expect(tablesOf(again.text)).toContainEqual(['Changed: 1', 'Ahmed not seen before99 → 21']);
  expect(again.text.split('not seen before')).toHaveLength(2);
  expect(await site.api.ageOf('Ahmed')).toBe('99');
  await site.post(path, filled(again.text)).expect(200);
  expect(await site.api.ageOf('Ahmed')).toBe('21');
});

test.each([
  [409, 409, /preview=true$/],
  [400, 400, /preview=true$/],
  [507, 409, /students$/],
])('what the API refuses with %i is kept, and the page says why', async (refused, status, line) => {
  const site = await openSite();
  const preview = await site.post(path, { text: ROWS });
  site.api.before = async (it) => line.test(it) && respond(refused, '{"error":"Why"}');
  const saved = filled(preview.text);
  const { text } = await site.post(path, saved).expect(status);
  expect(text).toContain('role="alert">Why</p>');
  expect(text).toContain('Name\tAge\r\n');
});

test('of many, the first hundred are shown', async () => {
  const site = await openSite();
  const rows = Array.from({ length: 1_200 }, (_, i) => `Student ${i},20\nx${i},`);
  const { text } = await site.post(path, { text: `Name,Age\n${rows.join('\n')}` }).expect(200);
  expect(tablesOf(text).flat()).toHaveLength(204);
  for (const words of ['New: 1,200', 'and 1,100 more', 'Left out: 1,200', 'Save 1,200 students'])
    expect(wordsOf(text)).toContain(words);
});

test('may be larger than other forms, up to a mebibyte', async () => {
  const site = await openSite();
  const text = 'x'.repeat(100_000);
  await site.post(path, { text }).expect(200);
  await site.post('/manage', { name: text }).expect(413);
  const { text: page } = await site.post(path, { text: text.repeat(11) }).expect(413);
  expect(wordsOf(page)).toContain('send it in several parts');
});

/** Begins to send a paste, and goes no further. */
function begin(port: number, Authorization: string) {
  const headers = { Authorization, 'Content-Length': 1_000_000 };
  const req = ask({ port, path, method: 'POST', headers, agent: false });
  req.on('error', () => {}).flushHeaders();
  return req;
}

test('is not read of somebody whom the API does not accept', async () => {
  const { port } = await startServer((await openSite()).app);
  for (const authorization of ['', 'Basic eDp5']) {
    const [res] = await once(begin(port, authorization), 'response');
    expect([res.statusCode, res.headers.connection]).toEqual([401, 'close']);
  }
});

test('waits while ten others are being read', async () => {
  const site = await openSite();
  const { port } = await startServer(site.app);
  const ten: ReturnType<typeof begin>[] = [];
  // Again, where another paste has taken the place.
  const hold = () => void ten.push(begin(port, RIGHT).on('response', hold));
  for (let i = 0; i < 10; i++) hold();
  const paste = () => site.post(path, { text: 'Ann,20' });
  let answer = await paste();
  while (answer.status !== 503) answer = await paste();
  expect(answer.headers['retry-after']).toBe('2');
  expect(wordsOf(answer.text)).toContain('Please try again');
  await site.post('/manage', { name: 'Zoë', age: '20' }).expect(303);
  for (const req of ten) req.destroy();
  while (answer.status !== 200) answer = await paste();
});
