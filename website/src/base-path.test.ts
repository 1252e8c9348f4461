import { expect, test } from '@jest/globals';
import { linksOf } from '../test/html';
import { RIGHT, type Student } from '../test/recorded-api';
import { openSite } from '../test/site';

const MANY = Array.from({ length: 250 }, (_, i): Student => [`Student ${i}`, 20]);
const open = async (basePath = '/students-app') =>
  (await openSite({ students: MANY, basePath })).visit;

/** All addresses of a page, in whatever attribute. */
const addressesOf = (html: string) =>
  [...html.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(([, address = '']) =>
    address.replace(/&amp;/g, '&'),
  );

const PASSED_ON = ['', '/students-app'];
test.each(PASSED_ON)('every address leads on where the proxy passes on "%s"', async (passedOn) => {
  const visit = await open();
  const get = (address: string) =>
    visit.get(address.replace('/students-app', passedOn)).set('Authorization', RIGHT);
  const addresses = new Set<string>();
  for (const from of ['/', '/students', '/students?name=zz', '/manage', '/manage/paste']) {
    const { text } = await get(`/students-app${from}`).expect(200);
    for (const address of addressesOf(text)) addresses.add(address);
  }
  for (const address of addressesOf((await get('/students-app/nowhere').expect(404)).text)) {
    addresses.add(address);
  }
  for (const address of [...addresses].filter((it) => !/Student%20[1-9]/.test(it))) {
    expect(address).toMatch(/^\/students-app\//);
    expect([200, 303, 401]).toContain((await get(address)).status); // 401: sign out
  }
  await visit.post(`${passedOn}/`).expect(200);
});

test('the base path without a slash is the first page', async () => {
  const visit = await open();
  const { text } = await visit.get('/students-app?a=b').expect(200);
  expect(text).toContain('<title>Student Checking App<');
  await visit.post('/students-app').expect(200);
  await visit.put('/students-app').expect(405);
  await visit.get('/students-appx').expect(404);
});

test('a base path may be named like a page', async () => {
  for (const address of ['/students', '/students/students']) {
    const { text } = await (await open('/students')).get(address).expect(200);
    expect(linksOf(text, /^Next$/)).toEqual(['/students/students?page=2']);
  }
});
