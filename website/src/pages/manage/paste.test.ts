import { once } from 'node:events';
import { request as ask } from 'node:http';
import { expect, test } from '@jest/globals';
import { served } from '../../../../simple_api/test/list-file';
import { rowsOf } from '../../../test/html';
import { RIGHT, SIX } from '../../../test/recorded-api';
import { respond, startServer } from '../../../test/scripted-api';
import { fieldOf, openSite, wordsOf } from '../../../test/site';

const path = '/manage/paste';
const ROWS = "Name\tAge\r\nO'Brien <b>\t20\r\nAhmed\t21\r\nHiba\t021\r\nAHMED\t1\r\nNobody\tmany";
const hidden = (html: string) => ({ text: fieldOf(html, 'text'), etag: fieldOf(html, 'etag') });

test('shows what is new, changed and left out, changes nothing, and has the text once', async () => {
  const site = await openSite();
  expect((await site.get(path).expect(200)).text).toMatch(/<textarea [^>]*name="text"[^>]*>\n</);
  const { text } = await site.post(path, { text: ROWS }).expect(200);
  for (const caption of ['New: 2', 'Changed: 1', 'Left out: 2']) expect(text).toContain(caption);
  expect(rowsOf(text)).toEqual([
    ["O'Brien <b>", '20'],
    ['AHMED looks like Ahmed, who is on the list', '1'],
    ['Ahmed', '20 → 21'],
    ['Name, Age', 'taken as the row of headings'],
    ['Nobody, many', 'an age is a whole number from 0 to 150'],
  ]);
  expect(wordsOf(text)).toContain('Save 3 students');
  expect(hidden(text).text).toBe(ROWS);
  expect(text.split('Nobody\tmany')).toHaveLength(2);
  expect(await site.api.ageOf('Ahmed')).toBe('20');
  const nothing = wordsOf((await site.post(path, { text: 'Ahmed;20' })).text);
  expect(nothing).toContain('Nothing would change');
  expect(nothing).not.toContain('Save');
});

test('can be edited again', async () => {
  const site = await openSite();
  const { text } = await site.post(path, { text: ROWS, etag: '"x"', edit: 'yes' }).expect(200);
  expect(text).toContain('>\nName\tAge\r\nO&#39;Brien &lt;b&gt;\t20');
  expect(site.api.takeLines()).toHaveLength(1); // may I?
  expect((await site.post(path, { text: ' ', save: 'yes' })).text).toContain('<textarea');
});

test('is saved by one request, without what is left out', async () => {
  const site = await openSite();
  const preview = await site.post(path, { text: `${ROWS}\r\n__proto__\t3\r\n10\t4` });
  const { headers } = await site.post(path, { ...hidden(preview.text), save: 'yes' }).expect(303);
  expect(site.api.takeLines().filter((line) => !/^GET|preview/.test(line))).toEqual(['PATCH ']);
  const saved = { "O'Brien <b>": '20', Ahmed: '21', AHMED: '1', ['__proto__']: '3', 10: '4' };
  expect(await served(site.api.store)).toEqual({ ...Object.fromEntries(SIX), ...saved });
  const { text } = await site.get(headers['location'] ?? '');
  expect(wordsOf(text)).toContain('5 students saved.');
});

test('is shown again when the list has changed after the preview', async () => {
  const site = await openSite();
  const preview = await site.post(path, { text: ROWS });
  await site.api.set('Ahmed', '99');
  const again = await site.post(path, { ...hidden(preview.text), save: 'yes' }).expect(409);
  expect(again.text).toContain('role="alert">Somebody has changed the list meanwhile.');
  expect(rowsOf(again.text)).toContainEqual(['Ahmed', '99 → 21']);
  expect(await site.api.ageOf('Ahmed')).toBe('99');
  await site.post(path, { ...hidden(again.text), save: 'yes' }).expect(303);
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
  const saved = { ...hidden(preview.text), save: 'yes' };
  const { text } = await site.post(path, saved).expect(status);
  expect(text).toContain('role="alert">Why</p>');
  expect(text).toContain('Name\tAge\r\n');
});

test('of many, the first hundred are shown', async () => {
  const site = await openSite();
  const rows = Array.from({ length: 1_200 }, (_, i) => `Student ${i},20\nx${i}`);
  const { text } = await site.post(path, { text: rows.join('\n') }).expect(200);
  expect(rowsOf(text)).toHaveLength(200);
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
