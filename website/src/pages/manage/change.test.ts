import { expect, test } from '@jest/globals';
import { served } from '../../../../simple_api/test/list-file';
import { linksOf } from '../../../test/html';
import { SIX } from '../../../test/recorded-api';
import { fieldOf, hiddenOf, openSite, type Site, undo, wordsOf } from '../../../test/site';

const BACK = 'name=a&sort=age&order=desc&page=2';
/** As the links of a page with that filter have it. */
const FROM = `back=${encodeURIComponent(`?${BACK}`)}`;

/** The words of the message at the page that a form leads to. */
async function follow(site: Site, { headers }: { headers: Record<string, string> }) {
  const { text } = await site.get(headers['location'] ?? '').expect(200);
  const [, words = ''] = /<p role="\w+">(.*?)<\/p>/.exec(text) ?? [];
  return { text, words: wordsOf(words) };
}

const NAMES = ["O'Brien <b>", '..', 'a/b?c#d&e', '%41', '%', '__proto__', '10', '😀'.repeat(200)];
test.each(NAMES)('a name like %s can be added, changed, removed, and each undone', async (name) => {
  const site = await openSite();
  const added = await site.post('/manage', { name: ` ${name} `, age: ' 7 ' }).expect(303);
  const page = await follow(site, added);
  expect(page.words).toBe(`${name} was added.`);
  expect((await follow(site, added)).words).toBe(''); // once
  expect((await follow(site, await undo(site, page.text).expect(303))).words).toMatch('undone');
  expect(await site.api.ageOf(name)).toBeUndefined();
  await site.api.set(name, 7);

  const { text } = await site.get('/manage');
  const [change = '', remove = ''] = [/^Change/, /^Remove/].map((act) =>
    linksOf(text, act).find((it) => new URL(it, 'http://a').searchParams.get('name') === name),
  );
  const form = (await site.get(change).expect(200)).text;
  expect([fieldOf(form, 'name'), fieldOf(form, 'age')]).toEqual([name, '7']);
  const same = await site.post(change, { ...hiddenOf(form), name, age: '07' }).expect(303);
  expect((await follow(site, same)).words).toMatch('nothing has changed');
  const changed = await follow(
    site,
    await site.post(change, { ...hiddenOf(form), name, age: '8' }).expect(303),
  );
  expect([changed.words, await site.api.ageOf(name)]).toEqual([`${name} was changed.`, '8']);
  await undo(site, changed.text).expect(303);
  expect(await site.api.ageOf(name)).toBe(7); // a number, as it was

  const asked = (await site.get(remove).expect(200)).text;
  const removed = await follow(site, await site.post(remove, hiddenOf(asked)).expect(303));
  expect([removed.words, await site.api.ageOf(name)]).toEqual([`${name} was removed.`, undefined]);
  await undo(site, removed.text).expect(303);
  expect(await site.api.ageOf(name)).toBe(7);
});

test('a name with a blank before it is not the one without, and keeps it', async () => {
  const site = await openSite();
  await site.api.set(' Ahmed', '99');
  const path = (act: string) => `/manage/${act}?name=+Ahmed`;
  const form = (await site.get(path('change')).expect(200)).text;
  await site.post(path('change'), { ...hiddenOf(form), name: ' Ahmed', age: '98' }).expect(303);
  const { text } = await site.get(path('remove')).expect(200);
  expect(wordsOf(text)).toContain('Age 98.');
  await site.post(path('remove'), hiddenOf(text)).expect(303);
  expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
});

test.each([
  ['change', { name: 'Ahmed', age: '21' }, 'Change Ahmed', 303, '21'],
  ['change', { name: 'Ahmad', age: '20' }, 'Change Ahmed', 200, undefined],
  ['remove', {}, 'Remove Ahmed? Age 20.', 303, undefined],
])('to %s %j overwrites nothing, but can after a look', async (act, typed, title, status, left) => {
  const site = await openSite();
  const path = `/manage/${act}?name=Ahmed`;
  const { text } = await site.get(path).expect(200);
  expect(wordsOf(text)).toContain(title);
  await site.api.set('Ahmed', '30');
  const again = await site.post(path, { ...hiddenOf(text), ...typed }).expect(409);
  expect(wordsOf(again.text)).toContain('Somebody has changed this student meanwhile');
  expect(wordsOf(again.text)).toContain(act === 'change' ? 'the age is now 30.' : 'Age 30.');
  expect(await site.api.ageOf('Ahmed')).toBe('30');
  await site.post(path, { ...hiddenOf(again.text), ...typed }).expect(status);
  expect(await site.api.ageOf('Ahmed')).toBe(left);
});

test.each(['change', 'remove'])('to %s needs a student who is there', async (act) => {
  const site = await openSite();
  const path = `/manage/${act}?name=Nobody`;
  for (const ask of [site.get(path), site.post(path, { age: '1', was: '1' })]) {
    expect((await follow(site, await ask.expect(303))).words).toBe('Nobody is not on the list.');
  }
  await site.get(`/manage/${act}`).expect(303);
});

test('a name is corrected by one patch, which can be undone', async () => {
  const site = await openSite();
  const path = '/manage/change?name=Ahmed';
  for (const [name, age, field] of [
    ['Hiba', '20', 'name'],
    ['Amine', '20', 'name'],
    ['', '20', 'name'],
    ['Ahmad', '151', 'age'],
  ] as const) {
    const { text } = await site.post(path, { name, age, was: '"20"' });
    expect(text).toContain(`aria-invalid="true" aria-describedby="wrong-${field}" autofocus`);
    expect(await served(site.api.store)).toEqual(Object.fromEntries(SIX));
  }
  site.api.takeLines();
  const { text } = await site.post(path, { name: ' Ahmad ', age: '21', was: '"20"' }).expect(200);
  expect(site.api.takeLines().filter((it) => !/^GET|preview/.test(it))).toEqual(['PATCH ']);
  expect(wordsOf(text)).toContain('Ahmed is now Ahmad');
  const { Ahmed, ...others } = Object.fromEntries(SIX);
  expect(await served(site.api.store)).toEqual({ ...others, Ahmad: '21' });
  await undo(site, text).expect(303);
  expect(await served(site.api.store)).toEqual({ ...others, Ahmed });
});

test('who are ticked are removed at once, after one look, which can be undone', async () => {
  const site = await openSite();
  const path = '/manage/remove';
  const none = await follow(site, await site.post(path, {}).expect(303));
  expect(none.words).toMatch('No students are selected');
  const ticked = 'name=Ahmed&name=Gone&name=Sara';
  const { text } = await site.post(path, {}).send(ticked).expect(200);
  expect(wordsOf(text)).toMatch(/Remove 2 students\? Ahmed, 20 Sara, 23 /);
  const body = 'name=Ahmed&was="20"&name=Sara&was="23"';
  expect(text).toContain(
    'value="Sara">\n          <input type="hidden" name="was" value="&#34;23&#34;">',
  );
  await site.api.set('Sara', 7);
  const again = await site.post(path, {}).send(body).expect(409);
  expect(wordsOf(again.text)).toContain('Somebody has changed some of them meanwhile');
  await site.api.set('Sara', '23');
  await site.api.set('Zoë', 1); // is nobody of them
  site.api.takeLines();
  const done = await site.post(path, {}).send(body).expect(200);
  expect(site.api.takeLines().filter((it) => !/^GET|preview/.test(it))).toEqual(['PATCH ']);
  expect(wordsOf(done.text)).toContain('2 students removed Ahmed Sara');
  expect(Object.keys(await served(site.api.store))).not.toContain('Sara');
  const reloaded = await follow(site, await site.post(path, {}).send(body).expect(303));
  expect(reloaded.words).toBe('None of these students is on the list now.');
  await undo(site, done.text).expect(303);
  expect(await served(site.api.store)).toEqual({ ...Object.fromEntries(SIX), Zoë: 1 });
});

test('a name that looks like another is said to', async () => {
  const site = await openSite();
  const { words } = await follow(site, await site.post('/manage', { name: ' AHMED', age: '7' }));
  expect(words).toBe('AHMED was added. It looks like Ahmed, who is on the list.');
});

test('what somebody has changed again is not undone', async () => {
  const site = await openSite();
  const page = await follow(site, await site.post('/manage', { name: 'Zoë', age: '7' }));
  const saved = await site.post('/manage/change?name=Ahmed', {
    name: 'Ahmad',
    age: '20',
    was: '"20"',
  });
  await site.api.set('Zoë', 8);
  await site.api.set('Ahmad', 9);
  for (const { text } of [page, saved]) {
    const { words } = await follow(site, await undo(site, text).expect(303));
    expect(words).toMatch('has been changed again in the meantime. Nothing was undone.');
  }
  expect(await served(site.api.store)).toMatchObject({ Zoë: 8, Ahmad: 9 });
  await site.get('/manage/undo').expect(303);
});

test('filter, order and page are kept all the way', async () => {
  const site = await openSite({ basePath: '/x' });
  const { text } = await site.get(`/x/manage?${BACK}`).expect(200);
  const addresses = [
    ...linksOf(text, /^(Change|Remove)/),
    /action="(.*\/remove[^"]*)"/.exec(text)?.[1],
  ];
  for (const it of addresses) expect(it).toMatch(FROM);
  expect(text).toContain(`action="/x/manage?${BACK.replaceAll('&', '&amp;')}"`);
  const back = `/x/manage?${BACK}`;
  for (const act of ['change', 'remove']) {
    const page = (await site.get(`/x/manage/${act}?name=Ahmed&${FROM}`).expect(200)).text;
    expect(linksOf(page, /^(Cancel|Keep)$/)).toEqual([back]);
  }
  const forms = [
    [`manage?${BACK}`, { name: 'Zoë', age: '7' }],
    [`manage/change?name=Ahmed&${FROM}`, { name: 'Ahmed', age: '7', was: '"20"' }],
    [`manage/remove?name=Ahmed&${FROM}`, { name: 'Ahmed', was: '"7"' }],
    [`manage/undo?${FROM}`, { name: 'Zoë', age: 'null', was: '"7"' }],
    ['manage/undo?back=https://elsewhere.example/', { name: 'Zoë', age: '7', was: 'null' }],
  ] as const;
  for (const [path, form] of forms) {
    const { headers } = await site.post(`/x/${path}`, form).expect(303);
    expect(headers['location']).toBe(path.includes('elsewhere') ? '/x/manage' : back);
    expect(headers['set-cookie']?.[0]).toMatch(/; Path=\/x\/manage; .*HttpOnly; SameSite=Strict$/);
  }
});

test('after an addition the name is next', async () => {
  const site = await openSite();
  const { text } = await follow(site, await site.post('/manage', { name: 'Zoë', age: '7' }));
  expect(text).toMatch(/<input id="new-name" [^>]* autofocus>/);
});
