import { afterEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { linksOf } from '../../../test/html';
import { closeServers } from '../../../test/scripted-api';
import { OWN, RIGHT } from '../../../test/scripted-list';
import { fieldOf, openSite, wordsOf } from '../../../test/site';

afterEach(closeServers);

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
    for (const line of site.api.takeLines()) expect(line).toMatch(/^GET \?/);
    expect(site.lines.join()).not.toContain(WRONG.slice(6));
  });

  test('the website’s own credentials serve no page and no change; no browser keeps a page', async () => {
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

  test('credentials that may no longer change it when the form comes are asked for again', async () => {
    const site = await openSite();
    site.api.before = async (line) => line.startsWith('PUT') && [403, { error: 'no' }];
    await site.post('/manage', FORM).expect(401);
  });
});

describe('a list that nobody can change', () => {
  test('every page says why, and has no form', async () => {
    const site = await openSite();
    site.api.readOnly = 'The list is read-only: set EDITOR_PASSWORD <b>';
    for (const path of PATHS) {
      for (const asked of [site.get(path), site.post(path, FORM)]) {
        const { text } = await asked.expect(409);
        expect(wordsOf(text)).toContain(`cannot be changed ${site.api.readOnly} Back`);
        expect(text).not.toContain('<form');
      }
    }
  });

  test('because there is none is one to try again', async () => {
    const site = await openSite();
    site.api.before = async () => [503, { error: 'no list' }];
    const { text } = await site.get('/manage?sort=age').expect(503);
    expect(linksOf(text, /^Try again$/)).toEqual(['/manage?sort=age']);
  });
});

describe('the page of the list', () => {
  test('shows everybody, with what can be done; filters, sorts and pages at its own address', async () => {
    const site = await openSite();
    const { text } = await site.get('/manage').expect(200);
    expect(text).toContain('<p class="count">6 students</p>');
    expect(text).toContain('<bdi>Ahmed</bdi></th><td>20</td>');
    expect(text).toContain('href="/manage/change?name=Ahmed" aria-label="Change Ahmed"');
    expect(text).toContain('href="/manage/remove?name=Ahmed" aria-label="Remove Ahmed"');
    const { text: filtered } = await site.get('/manage?name=am&sort=age').expect(200);
    expect(filtered).toContain('1 of 6 students');
    expect(filtered).toContain('action="/manage"');
    expect(filtered).toContain('href="/manage?name=am&amp;sort=age&amp;order=desc"');
    expect(filtered).toContain('<input id="new-name" name="name" value=""');
    expect((await site.get('/manage?name=zz')).text).toContain('No student’s name contains');
    site.api.list.clear();
    expect((await site.get('/manage')).text).toContain('There is nobody on the list yet');
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
    expect([site.api.list.size, site.api.list.get('Ahmed')]).toEqual([6, '20']);
    expect(site.lines.join()).not.toContain('Zoë');
  });

  test.each([405, 409, 413, 507])('passes on what the API says with %i', async (status) => {
    const site = await openSite();
    site.api.before = async (line) => line.startsWith('PUT') && [status, { error: 'Full <i>' }];
    const { text } = await site.post('/manage', FORM).expect(409);
    expect(text).toContain('role="alert">Full &lt;i&gt;</p>');
    expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual(['Zoë', '20']);
  });

  test('of which nobody knows what became says so', async () => {
    const site = await openSite();
    site.api.before = async (line, res) => line.startsWith('PUT') && !!res.socket?.destroy();
    const { text } = await site.post('/manage', FORM).expect(504);
    expect(wordsOf(text)).toContain('It is not certain that this was saved');
  });
});

const NAMES = [
  "O'Brien <b>",
  '..',
  'a/b',
  'a?b#c&d',
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
  expect(site.api.list.get(name)).toBe('8');
  const etag = fieldOf((await site.get(remove).expect(200)).text, 'etag');
  const removed = await site.post(remove, { etag }).expect(303);
  expect(await follow(removed.headers['location'])).toContain(`${name} was removed.`);
  expect(site.api.list.has(name)).toBe(false);
});

test('changing does not overwrite what somebody else has changed, but can after a look at it', async () => {
  const site = await openSite();
  const path = `/manage/change${AHMED}`;
  const etag = fieldOf((await site.get(path)).text, 'etag');
  const wrong = await site.post(path, { age: '1e1', etag }).expect(400);
  expect(wrong.text).toContain('<small id="wrong-age">Please enter a whole number');
  site.api.list.set('Ahmed', '30');
  const { text } = await site.post(path, { age: '21', etag }).expect(409);
  expect(wordsOf(text)).toContain(
    'Somebody has changed this student meanwhile: the age is now 30.',
  );
  expect([site.api.list.get('Ahmed'), fieldOf(text, 'age')]).toEqual(['30', '21']);
  await site.post(path, { age: '21', etag: fieldOf(text, 'etag') }).expect(303);
  expect(site.api.list.get('Ahmed')).toBe('21');
});

test('removing asks first, and again when somebody else has changed the student', async () => {
  const site = await openSite();
  const path = `/manage/remove${AHMED}`;
  const { text } = await site.get(path).expect(200);
  expect(wordsOf(text)).toContain('Remove Ahmed? Age 20.');
  site.api.list.set('Ahmed', 30);
  const again = await site.post(path, { etag: fieldOf(text, 'etag') }).expect(409);
  expect(again.text).toMatch(/role="alert">Somebody has changed this student/);
  await site.post(path, { etag: fieldOf(again.text, 'etag') }).expect(303);
  expect(site.api.list.has('Ahmed')).toBe(false);
});

test.each(['change', 'remove'])(
  'to %s needs a student who is there, and the tag of what was seen',
  async (act) => {
    const site = await openSite();
    const path = `/manage/${act}${AHMED}`;
    for (const etag of ['', '"x"', '*', 'x\ny'])
      await site.post(path, { age: '1', etag }).expect(409);
    expect(site.api.list.get('Ahmed')).toBe('20');
    site.api.list.delete('Ahmed');
    for (const ask of [site.get(path), site.post(path, { age: '1', etag: '"x"' })]) {
      const { headers } = await ask.expect(303);
      expect(headers['location']).toBe('/manage?done=missing&student=Ahmed');
    }
    await site.get(`/manage/${act}`).expect(303);
    expect(site.api.list.has('Ahmed')).toBe(false);
  },
);

const HOST = 'students.example:8080';
test.each<Record<string, string>>([
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' }, // another port of localhost, say
  { 'Sec-Fetch-Site': 'cross-site', Origin: `http://${HOST}` },
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

test('other methods are not allowed', async () => {
  const site = await openSite();
  for (const path of PATHS) {
    expect((await site.visit.put(path).expect(405)).headers['allow']).toBe(
      'GET, HEAD, POST, OPTIONS',
    );
    await site.visit.options(path).expect(200);
  }
  for (const path of ['/manage/', '/Manage']) await site.get(path).expect(404);
});
