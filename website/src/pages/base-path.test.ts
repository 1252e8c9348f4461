import { afterEach, expect, test } from '@jest/globals';
import { linksOf } from '../../test/html';
import { closeServers } from '../../test/scripted-api';
import { playList, RIGHT } from '../../test/scripted-list';
import { openSite } from '../../test/site';

afterEach(closeServers);

const MANY = Array.from({ length: 250 }, (_, i) => [`Student ${i}`, 20] as const);
const site = async (basePath = '/students-app') =>
  (await openSite({ api: playList(MANY), basePath })).visit;

/** All addresses of a page, in whatever attribute. */
const addressesOf = (html: string) =>
  [...html.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(([, address = '']) => address);

test.each(['/', '/students?name=1&page=2', '/students?name=zz', '/nowhere', '/a/b/c'])(
  'all that %s leads to is below the base path',
  async (path) => {
    const { text } = await (await site()).get(path);
    const addresses = addressesOf(text);
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) expect(address).toMatch(/^\/students-app\//);
  },
);

test.each(['', '/students-app'])(
  'every address leads on, whether the proxy passes the base path on or not: "%s"',
  async (passedOn) => {
    const visit = await site();
    const get = (address: string) =>
      visit.get(address.replace('/students-app', passedOn)).set('Authorization', RIGHT);
    const addresses = new Set<string>();
    for (const from of ['/', '/students', '/manage', '/manage/paste']) {
      const { text } = await get(`/students-app${from}`).expect(200);
      for (const address of addressesOf(text)) addresses.add(address.replace(/&amp;/g, '&'));
    }
    for (const address of [...addresses].filter((it) => !/Student%20[1-9]/.test(it))) {
      await get(address).expect(200);
    }
    expect((await get('/students-app/index.php').expect(302)).headers['location']).toBe(
      '/students-app/students',
    );
    await get('/students-app/nowhere').expect(404);
    await get('/students-app/health/live').expect(200);
    await (await site()).post(`${passedOn}/`).expect(200);
  },
);

test('the base path without a slash is the first page', async () => {
  for (const address of ['/students-app', '/students-app?a=b']) {
    expect((await (await site()).get(address).expect(200)).text).toContain(
      '<title>Student Checking App<',
    );
  }
  await (await site()).post('/students-app').expect(200);
  await (await site()).put('/students-app').expect(405);
  await (await site()).get('/students-appx').expect(404);
});

test('a base path may be named like a page', async () => {
  for (const address of ['/students', '/students/students']) {
    const { text } = await (await site('/students')).get(address).expect(200);
    expect(linksOf(text, /^Next$/)).toEqual(['/students/students?page=2']);
  }
});

test('without one, addresses start at the root', async () => {
  const { text } = await (await site('')).get('/students');
  expect(linksOf(text, /^Next$/)).toEqual(['/students?page=2']);
  expect(text).toContain('<a class="brand" href="/">');
});
