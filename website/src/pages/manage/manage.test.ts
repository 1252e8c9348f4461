import type { RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { served } from '../../../../simple_api/test/list-file';
import { linksOf } from '../../../test/html';
import { OWN, RIGHT, SIX } from '../../../test/recorded-api';
import { respond } from '../../../test/scripted-api';
import { fieldOf, openSite, wordsOf } from '../../../test/site';

const AHMED = '?name=Ahmed';
const PATHS = ['/manage', `/manage/change${AHMED}`, `/manage/remove${AHMED}`, '/manage/paste'];
const FORM = { name: 'Zoë', age: '20', etag: '"x"', text: 'Ann,20', save: 'yes' };
const WRONG = `Basic ${btoa('someone:wrong')}`;

describe('signing in', () => {
  test.each([
    ['no', '', 'Reload this page'],
    ['wrong', WRONG, 'Reload this page'],
    ['a reader’s', OWN, 'These credentials may only read the list'],
  ])('%s credentials: every page asks for others', async (_which, authorization, words) => {
    const site = await openSite();
    for (const path of PATHS) {
      for (const method of ['get', 'head', 'post'] as const) {
        const asked = request(site.app)[method](path).set('Authorization', authorization);
        const { headers, text = words } = await asked.expect(401);
        expect(headers['www-authenticate']).toBe('Basic realm="Student list", charset="UTF-8"');
        expect(headers['cache-control']).toBe('no-store');
        expect(text).toContain(words);
      }
    }
    const lines = site.api.takeLines();
    expect(lines).toHaveLength(authorization === '' ? 0 : 12);
    for (const line of lines) expect(line).toMatch(/^GET \?/);
    expect(JSON.stringify(site.logged())).not.toContain(WRONG.slice(6));
  });

  test('a visitor’s own credentials are used for all; no browser keeps a page', async () => {
    const site = await openSite();
    for (const path of PATHS) {
      const { headers } = await site.get(path).expect(200);
      expect(headers['cache-control']).toBe('no-store');
      expect((await site.head(path).expect(200)).text).toBeUndefined();
    }
    await site.post('/manage', FORM).expect(303);
    const used = site.api.requests.map(({ authorization }) => authorization);
    expect(new Set(used)).toEqual(new Set([RIGHT]));
  });

  test.each([
    ['', '127.0.0.1'],
    ['192.0.2.1', '192.0.2.1, 127.0.0.1'],
  ])('the API learns where a visitor comes from: behind a proxy at %j, %s', async (given, from) => {
    const site = await openSite();
    await site.post('/manage', FORM).set('X-Forwarded-For', given).expect(303);
    expect(site.api.requests.map(({ forwarded }) => forwarded)).toEqual([from, from]);
  });

  test('in Latin-1 is passed on as it came', async () => {
    const site = await openSite();
    await site.get('/manage').set('Authorization', 'Basic \xfc:\xe9').expect(401);
    expect(site.api.requests[0]?.authorization).toBe('Basic \xfc:\xe9');
  });

  test.each([401, 403, 429])('is asked for again when a form is refused: %i', async (status) => {
    const site = await openSite();
    site.api.before = async (line) => !line.startsWith('GET') && respond(status);
    for (const path of PATHS) {
      const { headers } = await site.post(path, FORM).expect(401);
      expect(headers['www-authenticate']).toContain('Basic realm');
    }
  });
});

test('a list that nobody can change: every page says why, and has no form', async () => {
  const site = await openSite();
  site.api.store.whyReadOnly = async () => 'nobody may <b>';
  for (const path of PATHS) {
    for (const asked of [site.get(path), site.post(path, FORM)]) {
      const { text } = await asked.expect(409);
      expect(wordsOf(text)).toContain('cannot be changed nobody may <b> Back');
      expect(text).not.toContain('<form');
    }
  }
});

describe('the page of the list', () => {
  test('shows everybody, with what can be done; filters, sorts and pages at its own address', async () => {
    const site = await openSite();
    const { text } = await site.get('/manage').expect(200);
    expect(text).toContain('<bdi>Ahmed</bdi></th><td>20 years old</td>');
    for (const act of ['Change', 'Remove']) {
      const path = `/manage/${act.toLowerCase()}${AHMED}`;
      expect(text).toContain(`href="${path}" aria-label="${act} Ahmed"`);
    }
    const { text: filtered } = await site.get('/manage?name=am&sort=age').expect(200);
    expect(filtered).toContain('<p class="count">1 of 6 students</p>');
    expect(filtered).toContain('action="/manage"');
    expect(filtered).toContain('href="/manage?name=am&amp;sort=age&amp;order=desc"');
    expect(filtered).toContain('<input id="new-name" name="name" value=""');
    const { text: list } = await site.visit.get('/students');
    expect(linksOf(list, /^Manage the list$/)).toEqual(['/manage']);
  });

  test.each([
    ['done=add&student=%3Cb%3E', '<b> was added.'],
    ['done=missing&student=Ann', 'Ann is not on the list.'],
    ['done=constructor&student=Ann', undefined],
    ['done=add', undefined],
  ])('at an address with %s it says one of few sentences', async (query, message) => {
    const { text } = await (await openSite()).get(`/manage?${query}`).expect(200);
    const [, found] = /<p class="message" role="status">(.*?)<\/p>/.exec(text) ?? [];
    expect(found && wordsOf(found)).toBe(message);
  });
});

describe('adding', () => {
  test.each([
    [{ name: 'Zoë', age: 'x"x' }, 400, 'age', 'Please enter a whole number from 0 to 150.'],
    [{ name: ' ', age: '20' }, 409, 'name', 'Please enter a name of 1 to 200 characters.'],
    [{ name: 'Ahmed', age: '99' }, 409, 'name', 'This name is on the list already.'],
  ])('keeps what was typed, and says what is wrong: %j', async (form, status, field, words) => {
    const site = await openSite();
    const { text } = await site.post('/manage', form).expect(status);
    expect(text).toContain(`aria-invalid="true" aria-describedby="wrong-${field}" autofocus`);
    expect(text).toContain(`<small id="wrong-${field}">${words}</small>`);
    expect(text.match(/aria-invalid/g)).toHaveLength(1);
    expect(text).not.toContain('role="alert"');
    expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual([form.name.trim(), form.age]);
    expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
    expect(JSON.stringify(site.logged())).not.toContain('Zoë');
  });

  test.each([
    [405, '{"error":"Full <i>"}', 'Full &lt;i&gt;'],
    [507, '{}', 'The API does not say why.'],
  ])('passes on what the API says with %i', async (status, error, words) => {
    const site = await openSite();
    site.api.before = async (line) => line.startsWith('PUT') && respond(status, error);
    const { text } = await site.post('/manage', FORM).expect(409);
    expect(text).toContain(`role="alert">${words}</p>`);
    expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual(['Zoë', '20']);
  });
});

test.each<[string, RequestListener | undefined]>([
  ['500', respond(500)],
  ['503', respond(503)],
  ['no such object', respond(200, '{"error":[1]}')],
  ['no JSON', respond(200, '<hidden>')],
  ['nothing', (req) => void req.socket.destroy()],
  ['half', (_req, res) => void res.writeHead(200).write('{', () => res.destroy())],
  ['silence for ten seconds', undefined],
])('of a change answered with %s, sent once, nobody knows what became', async (_how, answer) => {
  const site = await openSite();
  let changes = 0;
  site.api.before = async (line) => {
    if (line.startsWith('GET') || line.endsWith('preview=true')) return false;
    changes++;
    return answer ?? site.endLimits;
  };
  for (const path of PATHS) {
    const { text } = await site.post(path, { ...FORM, text: 'Zoë,20' }).expect(504);
    expect(wordsOf(text)).toContain('It is not certain that this was saved');
  }
  expect(changes).toBe(PATHS.length);
  expect(JSON.stringify(site.logged())).not.toMatch(/hidden|c29tZW9uZ/);
});

test('of many who ask at once, twenty are heard at a time', async () => {
  const site = await openSite();
  const waiting: (() => void)[] = [];
  site.api.before = async (line) =>
    line.startsWith('PUT') && new Promise((resolve) => waiting.push(() => resolve(false)));
  const ask = (_: unknown, i: number) => site.post('/manage', { ...FORM, name: `${i}` });
  const all = Promise.all(Array.from({ length: 30 }, ask).map((it) => it.expect(303)));
  for (const expected of [20, 10]) {
    while (waiting.length < expected) await new Promise(setImmediate);
    expect(waiting).toHaveLength(expected);
    for (const answer of waiting.splice(0)) answer();
  }
  await all;
});

const NAMES = [
  "O'Brien <b>",
  '..',
  'a/b?c#d&e',
  '%41',
  '%',
  '__proto__',
  '😀',
  '10',
  'é'.repeat(200),
];
test.each(NAMES)('a name like %s can be added, changed and removed', async (name) => {
  const site = await openSite();
  const follow = async (location = '') => wordsOf((await site.get(location).expect(200)).text);
  const added = await site.post('/manage', { name: ` ${name} `, age: ' 7 ' }).expect(303);
  expect(await follow(added.headers['location'])).toContain(`${name} was added.`);
  const { text } = await site.get('/manage');
  const [change = '', remove = ''] = [/^Change/, /^Remove/].map((act) =>
    linksOf(text, act).find((it) => new URL(it, 'http://a').searchParams.get('name') === name),
  );
  const form = (await site.get(change).expect(200)).text;
  expect(fieldOf(form, 'age')).toBe('7');
  await site.post(change, { age: '8', etag: fieldOf(form, 'etag') }).expect(303);
  expect(await site.api.ageOf(name)).toBe('8');
  const etag = fieldOf((await site.get(remove).expect(200)).text, 'etag');
  const removed = await site.post(remove, { etag }).expect(303);
  expect(await follow(removed.headers['location'])).toContain(`${name} was removed.`);
  expect(await site.api.ageOf(name)).toBeUndefined();
});

test('a name with a blank before it is not the one without', async () => {
  const site = await openSite();
  await site.api.set(' Ahmed', '99');
  const path = '/manage/remove?name=+Ahmed';
  const { text } = await site.get(path).expect(200);
  expect(wordsOf(text)).toContain('Age 99.');
  await site.post(path, { etag: fieldOf(text, 'etag') }).expect(303);
  expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
});

test.each([
  ['change', { age: '21' }, 'Change Ahmed', 'this student meanwhile: the age is now 30.', '21'],
  ['remove', {}, 'Remove Ahmed? Age 20.', 'this student meanwhile.', undefined],
])('to %s overwrites nothing, but can after a look', async (act, typed, title, words, age) => {
  const site = await openSite();
  const path = `/manage/${act}${AHMED}`;
  const { text } = await site.get(path).expect(200);
  expect(wordsOf(text)).toContain(title);
  for (const etag of ['', '"x"', '*', 'x\ny']) {
    await site.post(path, { ...typed, etag }).expect(409);
  }
  await site.api.set('Ahmed', '30');
  const again = await site.post(path, { ...typed, etag: fieldOf(text, 'etag') }).expect(409);
  expect(wordsOf(again.text)).toContain(`Somebody has changed ${words}`);
  expect([await site.api.ageOf('Ahmed'), fieldOf(again.text, 'age')]).toEqual(['30', age ?? '']);
  await site.post(path, { ...typed, etag: fieldOf(again.text, 'etag') }).expect(303);
  expect(await site.api.ageOf('Ahmed')).toBe(age);
});

test.each(['change', 'remove'])('to %s needs a student who is there', async (act) => {
  const site = await openSite();
  const path = `/manage/${act}?name=Nobody`;
  for (const ask of [site.get(path), site.post(path, { age: '1', etag: '"x"' })]) {
    const { headers } = await ask.expect(303);
    expect(headers['location']).toBe('/manage?done=missing&student=Nobody');
  }
  await site.get(`/manage/${act}`).expect(303);
});

const HOST = 'students.example:8080';
test.each<Record<string, string>>([
  { 'Sec-Fetch-Site': 'cross-site', Origin: `http://${HOST}` },
  { 'Sec-Fetch-Site': 'same-site' }, // another port of localhost, say
  { Origin: 'https://elsewhere.example' },
  { Origin: 'http://students.example' }, // another port
  { Origin: 'null' },
  { Origin: '' },
  { Origin: 'https://elsewhere.example', 'X-Forwarded-Host': 'students.example' },
])('a form of another site is refused: %j', async (headers) => {
  const site = await openSite();
  for (const path of PATHS) {
    const { text } = await site.post(path, FORM).set('Host', HOST).set(headers).expect(403);
    expect(wordsOf(text)).toContain('This form came from another site');
  }
  expect(site.api.requests).toEqual([]);
  await site.get('/manage').set(headers).expect(200); // a link leads there
});

test.each<Record<string, string>>([
  {}, // no browser: nobody else's credentials
  { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://behind-a-proxy.example' },
  { 'Sec-Fetch-Site': 'none' },
  { Origin: `http://${HOST}` },
  { Origin: 'https://students.example', Host: 'students.example' }, // the proxy has the certificate
  { Origin: 'http://a.example', Host: 'website:3000', 'X-Forwarded-Host': 'a.example' },
])('one of the website itself is not: %j', async (headers) => {
  const site = await openSite();
  await site.post('/manage', FORM).set('Host', HOST).set(headers).expect(303);
});
