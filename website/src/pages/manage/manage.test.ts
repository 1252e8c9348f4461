import type { RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { served } from '../../../../simple_api/test/list-file';
import { linksOf } from '../../../test/html';
import { SIX } from '../../../test/recorded-api';
import { respond } from '../../../test/scripted-api';
import { fieldOf, openSite, wordsOf } from '../../../test/site';

const AHMED = '?name=Ahmed';
const FORM = { name: 'Zoë', age: '21' };
const OF_AHMED = { name: 'Ahmed', age: '21', was: '"20"' };
/** A form for each way to change something. */
const FORMS: readonly (readonly [path: string, form: Record<string, string>])[] = [
  ['/manage', FORM],
  [`/manage/change${AHMED}`, OF_AHMED],
  [`/manage/change${AHMED}`, { ...OF_AHMED, name: 'Ahmad' }],
  ['/manage/remove', { name: 'Ahmed', was: '"20"' }],
  ['/manage/undo', OF_AHMED],
  ['/manage/paste', { text: 'Zoë,20', etag: '"x"', columns: '0/1', save: 'yes' }],
];

describe('the page of the list', () => {
  test('shows everybody, with what can be done; filters, sorts and pages at its own address', async () => {
    const site = await openSite();
    const { text } = await site.get('/manage').expect(200);
    expect(text).toContain('<bdi>Ahmed</bdi></label></th><td>20 years old</td>');
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
    ['done=add&name=%3Cb%3E', 'status <b> was added.'],
    ['done=missing&name=Ann', 'alert Ann is not on the list.'],
    ['done=add&name=Ann&age=null&was="><b>', 'status Ann was added.'],
    ['done=constructor&name=Ann', ''],
    ['done=add', ''],
    ['%', ''],
  ])(
    'of a forged cookie %s it says one of few sentences, of an address none',
    async (flash, message) => {
      const site = await openSite();
      const saidAt = async (path: string, cookie: string) => {
        const { text } = await site.get(path).set('Cookie', `a=b; ${cookie}`).expect(200);
        expect(text).not.toContain('<b>');
        const [, role = '', found = ''] = /<p role="(\w+)">(.*?)<\/p>/.exec(text) ?? [];
        return `${role} ${wordsOf(found)}`.trim();
      };
      expect(await saidAt('/manage', `flash=${flash}`)).toBe(message);
      expect(await saidAt(`/manage?${flash}`, 'flash2=done=add')).toBe('');
    },
  );
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
    expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual([form.name, form.age]);
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
    expect([fieldOf(text, 'name'), fieldOf(text, 'age')]).toEqual(['Zoë', '21']);
  });
});

test.each<[string, number, RequestListener | undefined]>([
  ['500', 504, respond(500)],
  ['503', 503, respond(503, '{"error":"Nothing was changed: x"}')],
  ['no such object', 504, respond(200, '{"error":[1]}')],
  ['no JSON', 504, respond(200, '<hidden>')],
  ['nothing', 504, (req) => void req.socket.destroy()],
  ['half', 504, (_req, res) => void res.writeHead(200).write('{', () => res.destroy())],
  ['silence for ten seconds', 504, undefined],
])('a change answered with %s, sent once: %i', async (_how, status, answer) => {
  const site = await openSite();
  let changes = 0;
  site.api.before = async (line) => {
    if (line.startsWith('GET') || line.endsWith('preview=true')) return false;
    changes++;
    return answer ?? site.endLimits;
  };
  for (const [path, form] of FORMS) {
    const { text } = await site.post(path, form).expect(status);
    const words = status === 503 ? 'Nothing was changed' : 'It is not certain that this';
    expect(wordsOf(text)).toContain(words);
  }
  expect(changes).toBe(FORMS.length);
  expect(JSON.stringify(site.logged())).not.toMatch(/hidden|Ahm|c29tZW9uZ/);
});

test.each(FORMS)('to %s, what is in an address changes nothing: %j', async (path, form) => {
  const site = await openSite();
  const to = new URL(path, 'http://x');
  for (const [field, value] of Object.entries(form)) to.searchParams.set(field, value);
  await site.post(to.pathname + to.search, {});
  expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
});

test.each<[string, Record<string, string>]>([
  [`/manage/change${AHMED}`, { ...OF_AHMED, was: '20"' }],
  [`/manage/change${AHMED}`, { ...OF_AHMED, was: '151' }],
  ['/manage/undo', { ...OF_AHMED, age: '007' }],
  ...['', '*', '"x', '"x\ny"', '"é"', `"${'x'.repeat(20_000)}"`].map((etag) => {
    const paste = { text: 'Zoë,20', columns: '0/1', save: 'yes', etag };
    return ['/manage/paste', paste] as [string, Record<string, string>];
  }),
])('to %s, a hidden field that is none of ours is 400 (%#)', async (path, form) => {
  const site = await openSite();
  await site.post(path, form).expect(400);
  expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
});

test.each([401, 403, 429])(
  'who is refused a change is asked to sign in again: %i',
  async (status) => {
    const site = await openSite();
    site.api.before = async (line) => !line.startsWith('GET') && respond(status);
    for (const [path, form] of FORMS) {
      const { headers } = await site.post(path, form).expect(401);
      expect(headers['www-authenticate']).toContain('Basic realm');
    }
  },
);

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
