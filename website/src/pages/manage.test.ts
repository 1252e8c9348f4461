import { afterEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { linksOf, rowsOf } from '../../test/html';
import { closeSites, fieldOf, openSite, wordsOf } from '../../test/managed-site';
import { RIGHT, refuseChanges } from '../../test/scripted-list';

afterEach(closeSites);

const AHMED = '?name=Ahmed';
const PATHS = ['/manage', `/manage/change${AHMED}`, `/manage/remove${AHMED}`, '/manage/paste'];
const WRONG = `Basic ${btoa('someone:wrong')}`;

describe('signing in', () => {
  test('every page asks for credentials, and the API decides on them', async () => {
    const site = await openSite();
    site.acceptWebsite();
    for (const path of PATHS) {
      for (const method of ['get', 'head', 'post'] as const) {
        const ask = () => request(site.app)[method](path);
        for (const asked of [ask(), ask().set('Authorization', WRONG)]) {
          const { headers } = await asked.expect(401);
          expect(headers['www-authenticate']).toBe('Basic realm="Student list", charset="UTF-8"');
          expect(headers['cache-control']).toBe('no-store');
        }
      }
    }
    const asked = site.api.requests.map(({ line, body }) => `${line} ${body}`);
    expect(new Set(asked)).toEqual(new Set(['PATCH /supmit/api/v1.0/students {}']));
    expect(asked).toHaveLength(12);
    expect(site.lines.join()).not.toContain(WRONG.slice(6));
    const { text } = await request(site.app).get('/manage');
    expect(text).toContain('<h1>Sign in to change the list</h1>');
  });

  test('the website’s own credentials serve no page and no change', async () => {
    const site = await openSite();
    for (const path of PATHS) await site.get(path).expect(200);
    await site.post('/manage', { name: 'Zoë', age: '20' }).expect(303);
    await site.post('/manage/paste', { text: 'Ann,20', save: 'yes' }).expect(303);
    const used = site.api.requests.map(({ authorization }) => authorization);
    expect(new Set(used)).toEqual(new Set([RIGHT]));
  });

  test('no page is kept by the browser', async () => {
    const site = await openSite();
    for (const path of PATHS) {
      const { headers } = await site.get(path).expect(200);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect((await site.head(path).expect(200)).text).toBeUndefined();
    }
  });
});

describe('the page of the list', () => {
  test('shows everybody, with what can be done', async () => {
    const site = await openSite();
    const { text } = await site.get('/manage').expect(200);
    expect(text).toContain('<p class="count">6 students</p>');
    expect(text).toContain('<bdi>Ahmed</bdi></th><td>20</td>');
    expect(text).toContain('href="/manage/change?name=Ahmed" aria-label="Change Ahmed"');
    expect(text).toContain('href="/manage/remove?name=Ahmed" aria-label="Remove Ahmed"');
    expect(text).toContain('href="/manage/paste"');
    site.api.list.clear();
    expect((await site.get('/manage')).text).toContain('There is nobody on the list yet');
  });

  test('filters, sorts and pages like that of the visitors, at its own address', async () => {
    const site = await openSite();
    const { text } = await site.get('/manage?name=am&sort=age').expect(200);
    expect(text).toContain('1 of 6 students');
    expect(text).toContain('action="/manage"');
    expect(text).toContain('href="/manage?name=am&amp;sort=age&amp;order=desc"');
    expect(text).toContain('<input id="new-name" name="name" value=""');
    expect((await site.get('/manage?name=zz')).text).toContain('No student’s name contains');
  });

  test('is linked from the list, which needs no credentials of a visitor', async () => {
    const site = await openSite();
    expect((await site.get('/students')).status).toBe(502);
    site.acceptWebsite();
    const { text } = await request(site.app).get('/students').expect(200);
    expect(linksOf(text, /^Manage the list$/)).toEqual(['/manage']);
  });

  test.each([
    ['done=add&student=%3Cb%3E', '<b> was added.'],
    ['done=missing&student=Ann', 'Ann is not on the list.'],
    ['done=constructor&student=Ann', undefined],
    ['done=add', undefined],
    ['student=Ann', undefined],
  ])('an address with %s says one of few sentences', async (query, message) => {
    const site = await openSite();
    const { text } = await site.get(`/manage?${query}`).expect(200);
    const [, found] = /<p class="message" role="status">(.*?)<\/p>/.exec(text) ?? [];
    expect(found && wordsOf(found)).toBe(message);
  });
});

describe('adding', () => {
  test('leads to the page of the list, which says so and shows the student', async () => {
    const site = await openSite();
    const form = { name: " O'Brien <b> ", age: ' 20 ' };
    const { headers } = await site.post('/manage', form).expect(303);
    expect(site.api.list.get("O'Brien <b>")).toBe('20');
    const { text } = await site.get(headers['location'] ?? '').expect(200);
    expect(text).toContain('<title>O&#39;Brien &lt;b&gt; was added.');
    expect(wordsOf(text)).toContain("O'Brien <b> was added.");
    expect(text).toContain('<bdi>O&#39;Brien &lt;b&gt;</bdi></th><td>20</td>');
  });

  test.each([
    [{ name: 'Zoë', age: 'x"x' }, 400, 'age', 'Please enter a whole number from 0 to 150.'],
    [{ name: ' ', age: '20' }, 409, 'name', 'Please enter a name of 1 to 200 characters.'],
    [{ name: 'Ahmed', age: '99' }, 409, 'name', 'This name is on the list already.'],
  ])(
    'keeps what was typed, and says what is wrong beside the field: %j',
    async (form, status, field, words) => {
      const site = await openSite();
      const { text } = await site.post('/manage', form).expect(status);
      expect(text).toContain(`aria-invalid="true" aria-describedby="wrong-${field}" autofocus`);
      expect(text).toContain(`<small id="wrong-${field}">${words}</small>`);
      expect(text.match(/aria-invalid/g)).toHaveLength(1);
      expect(text).not.toContain('role="alert"');
      expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual([form.name.trim(), form.age]);
      expect(site.api.list.size).toBe(6);
      expect(site.api.list.get('Ahmed')).toBe('20');
      expect(site.lines.join()).not.toContain('Zoë');
    },
  );

  test.each([
    ['full', 409],
    ['broken', 409],
    ['read-only since a moment ago', 405],
    ['on a full disk', 507],
    ['too much for the API', 413],
  ])('to a list that is %s passes on what the API says', async (_what, status) => {
    const site = await openSite();
    site.api.before = refuseChanges(status, { error: 'Because of <i>' });
    const { text } = await site.post('/manage', { name: 'Zoë', age: '20' }).expect(409);
    expect(text).toContain('role="alert">Because of &lt;i&gt;</p>');
    expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual(['Zoë', '20']);
  });
});

const NAMES = [
  "O'Brien <b>",
  '..',
  '.',
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
  await site.post('/manage', { name, age: '7' }).expect(303);
  const { text } = await site.get('/manage').expect(200);
  const [change = '', remove = ''] = [/^Change/, /^Remove/].map((act) =>
    linksOf(text, act).find((it) => new URL(it, 'http://a').searchParams.get('name') === name),
  );
  const form = (await site.get(change).expect(200)).text;
  expect(fieldOf(form, 'age')).toBe('7');
  await site.post(change, { age: '8', etag: fieldOf(form, 'etag') }).expect(303);
  expect(site.api.list.get(name)).toBe('8');
  const etag = fieldOf((await site.get(remove).expect(200)).text, 'etag');
  const { headers } = await site.post(remove, { etag }).expect(303);
  expect(wordsOf((await site.get(headers['location'] ?? '')).text)).toContain(
    `${name} was removed.`,
  );
  expect(site.api.list.has(name)).toBe(false);
});

describe('changing', () => {
  const path = `/manage/change${AHMED}`;

  test('starts with the age that is there, and keeps what was typed when it is wrong', async () => {
    const site = await openSite();
    const { text } = await site.get(path).expect(200);
    const etag = fieldOf(text, 'etag');
    expect(fieldOf(text, 'age')).toBe('20');
    const refused = await site.post(path, { age: '1e1', etag }).expect(400);
    expect(refused.text).toContain('<small id="wrong-age">Please enter a whole number');
    expect(fieldOf(refused.text, 'age')).toBe('1e1');
    const { headers } = await site.post(path, { age: '21', etag }).expect(303);
    expect(headers['location']).toBe('/manage?done=change&student=Ahmed');
    expect(site.api.list.get('Ahmed')).toBe('21');
  });

  test('does not overwrite what somebody else has changed, but can after a look at it', async () => {
    const site = await openSite();
    const etag = fieldOf((await site.get(path)).text, 'etag');
    site.api.list.set('Ahmed', '30');
    const { text } = await site.post(path, { age: '21', etag }).expect(409);
    expect(wordsOf(text)).toContain(
      'Somebody has changed this student meanwhile: the age is now 30.',
    );
    expect(site.api.list.get('Ahmed')).toBe('30');
    expect(fieldOf(text, 'age')).toBe('21');
    await site.post(path, { age: '21', etag: fieldOf(text, 'etag') }).expect(303);
    expect(site.api.list.get('Ahmed')).toBe('21');
  });
});

describe('removing', () => {
  const path = `/manage/remove${AHMED}`;

  test('asks first, and again when somebody else has changed the student', async () => {
    const site = await openSite();
    const { text } = await site.get(path).expect(200);
    expect(wordsOf(text)).toContain('Remove Ahmed?');
    site.api.list.set('Ahmed', 30);
    const again = await site.post(path, { etag: fieldOf(text, 'etag') }).expect(409);
    expect(again.text).toMatch(/role="alert">Somebody has changed this student/);
    expect(site.api.list.has('Ahmed')).toBe(true);
    const { headers } = await site.post(path, { etag: fieldOf(again.text, 'etag') }).expect(303);
    expect(headers['location']).toBe('/manage?done=remove&student=Ahmed');
    expect(site.api.list.has('Ahmed')).toBe(false);
  });
});

test.each(['change', 'remove'])(
  'to %s needs a student who is there, and the tag of what was seen',
  async (act) => {
    const site = await openSite();
    const path = `/manage/${act}${AHMED}`;
    await site.post(path, { age: '1' }).expect(409);
    await site.post(path, { age: '1', etag: '"x"' }).expect(409);
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

describe('pasting', () => {
  const path = '/manage/paste';
  const ROWS = "Name\tAge\r\nO'Brien <b>\t20\r\nAhmed\t21\r\nHiba\t21\r\nNobody\tmany";

  test('shows what is new, changed and wrong, and changes nothing', async () => {
    const site = await openSite();
    expect((await site.get(path).expect(200)).text).toMatch(/<textarea [^>]*name="text"[^>]*>\n</);
    const { text } = await site.post(path, { text: ROWS }).expect(200);
    for (const caption of ['New: 1', 'Changed: 1', 'Left out: 2']) expect(text).toContain(caption);
    expect(rowsOf(text)).toEqual([
      ["O'Brien <b>", '20'],
      ['Ahmed', '20 → 21'],
      ['Name, Age', 'it is taken for the headings'],
      ['Nobody, many', 'an age is a whole number from 0 to 150'],
    ]);
    expect(wordsOf(text)).toContain('Save 2 students');
    expect(fieldOf(text, 'text')).toBe(ROWS);
    expect(text).toContain('\nName\tAge\r\nO&#39;Brien &lt;b&gt;\t20');
    expect(site.api.list.get('Ahmed')).toBe('20');
    const nothing = wordsOf((await site.post(path, { text: 'Ahmed;20' })).text);
    expect(nothing).toContain('Nothing would change.');
    expect(nothing).not.toContain('Save 0');
  });

  test('is saved by one request, without what is wrong', async () => {
    const site = await openSite();
    const preview = await site.post(path, { text: `${ROWS}\r\n__proto__\t3` });
    const fields = { text: fieldOf(preview.text, 'text'), name: fieldOf(preview.text, 'name') };
    const { headers } = await site.post(path, { ...fields, save: 'yes' }).expect(303);
    const bodies = site.api.requests.map(({ body }) => body);
    expect(bodies.filter((body) => !['', '{}'].includes(body))).toEqual([
      '{"O\'Brien <b>":"20","__proto__":"3","Ahmed":"21"}',
    ]);
    const { text } = await site.get(headers['location'] ?? '');
    expect(wordsOf(text)).toContain('3 students saved.');
  });

  test('shows the first hundred of many', async () => {
    const site = await openSite();
    const many = Array.from({ length: 1_200 }, (_, i) => `Student ${i},20`).join('\n');
    const { text } = await site.post(path, { text: many }).expect(200);
    expect(rowsOf(text)).toHaveLength(100);
    for (const words of ['New: 1,200', 'and 1,100 more', 'Save 1,200 students'])
      expect(wordsOf(text)).toContain(words);
  });

  test('what the API refuses is kept, and the page says why', async () => {
    const site = await openSite();
    site.api.before = refuseChanges(409, { error: 'The list is full' });
    const { text } = await site.post(path, { text: ROWS, save: 'yes' }).expect(409);
    expect(text).toContain('role="alert">The list is full</p>');
    expect(fieldOf(text, 'text')).toBe(ROWS);
  });
});
