import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { linksOf } from '../../../test/html';
import { OWN, RIGHT } from '../../../test/recorded-api';
import { openSite, wordsOf } from '../../../test/site';

const PATHS = ['/manage', '/manage/change', '/manage/remove', '/manage/paste', '/manage/undo'];
const FORM = { name: 'Zoë', age: '20', was: '"20"', etag: '"x"', text: 'Ann,20', save: 'yes' };
const AHMED = '?name=Ahmed';
const SIGN_IN = '/manage?sign-in=yes';
const CHALLENGE = 'Basic realm="Student list", charset="UTF-8"';
const WRONG = `Basic ${btoa('someone:wrong')}`;

describe('signing in', () => {
  test('is explained before a browser asks for a password', async () => {
    const site = await openSite();
    for (const path of PATHS) {
      const { text, headers } = await site.visit.get(path).expect(200);
      expect(wordsOf(text)).toMatch('EDITOR_PASSWORD');
      expect(headers['cache-control']).toBe('no-store');
      // What a browser is asked for there, it sends to all that is beside or below.
      expect(linksOf(text, /^Sign in$/)).toEqual([SIGN_IN]);
    }
    expect(new Set(site.api.takeLines())).toEqual(
      new Set([expect.stringMatching(/^GET .*size=1$/)]),
    );
    const { text } = await site.visit.get(SIGN_IN).expect(401);
    expect(wordsOf(text)).toContain('Please enter the name and the password');
    expect((await site.get(SIGN_IN).expect(200)).text).toContain('Ahmed');
  });

  test('can be ended: a browser forgets what is refused', async () => {
    const site = await openSite();
    const { text } = await site.get('/manage').expect(200);
    const [path = ''] = linksOf(text, /^Sign out$/);
    const { headers, text: page } = await site.get(path).expect(401);
    expect(headers['www-authenticate']).toBe(CHALLENGE);
    expect(wordsOf(page)).toContain('close all windows of your browser');
  });

  test.each([
    ['no', '', 'Please enter the name and the password'],
    ['wrong', WRONG, 'Please enter the name and the password'],
    ['a reader’s', OWN, 'These credentials may only read the list'],
  ])('%s credentials: every page asks for others', async (_which, authorization, words) => {
    const site = await openSite();
    for (const path of PATHS) {
      for (const method of ['get', 'head', 'post'] as const) {
        if (authorization === '' && method !== 'post') continue;
        const asked = request(site.app)[method](path).set('Authorization', authorization);
        const { headers, text = words } = await asked.expect(401);
        expect(headers['www-authenticate']).toBe(CHALLENGE);
        expect(headers['cache-control']).toBe('no-store');
        expect(text).toContain(words);
      }
    }
    const lines = site.api.takeLines();
    expect(lines).toHaveLength(authorization === '' ? 0 : 15);
    for (const line of lines) expect(line).toMatch(/^GET \?/);
    expect(JSON.stringify(site.logged())).not.toContain(WRONG.slice(6));
  });

  test('a visitor’s own credentials are used for all; no browser keeps a page', async () => {
    const site = await openSite();
    for (const path of [
      '/manage',
      `/manage/change${AHMED}`,
      `/manage/remove${AHMED}`,
      '/manage/paste',
    ]) {
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
    expect(new Set(site.api.requests.map(({ forwarded }) => forwarded))).toEqual(new Set([from]));
  });

  test('in Latin-1 is passed on as it came', async () => {
    const site = await openSite();
    await site.get('/manage').set('Authorization', 'Basic \xfc:\xe9').expect(401);
    expect(site.api.requests[0]?.authorization).toBe('Basic \xfc:\xe9');
  });
});

test('a list that nobody can change: every page says why, and has no form', async () => {
  const site = await openSite();
  site.api.store.whyReadOnly = async () => 'nobody may <b>';
  for (const path of PATHS) {
    for (const asked of [site.visit.get(path), site.get(path), site.post(path, FORM)]) {
      const { text } = await asked.expect(409);
      expect(wordsOf(text)).toMatch(/cannot be changed Please ask whoever .* nobody may <b> Back/);
      expect(text).not.toContain('<form');
    }
  }
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
