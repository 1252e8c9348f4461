import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { linksOf } from '../../test/html';
import { closeSites, openSite, wordsOf } from '../../test/managed-site';
import { listen } from '../../test/scripted-api';
import { playList, RIGHT } from '../../test/scripted-list';

afterEach(closeSites);

const AHMED = '?name=Ahmed';
const PATHS = ['/manage', `/manage/change${AHMED}`, `/manage/remove${AHMED}`, '/manage/paste'];
const FORM = { name: 'Zoë', age: '20', etag: '"x"', text: 'Ann,20', save: 'yes' };
const HOST = 'students.example:8080';

test.each<Record<string, string>>([
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' }, // another port of localhost, say
  { 'Sec-Fetch-Site': 'cross-site', Origin: `http://${HOST}` },
  { Origin: 'https://elsewhere.example' },
  { Origin: 'http://students.example' }, // another port
  { Origin: 'http://xstudents.example:8080' },
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

test('a link on another site leads to the page', async () => {
  const site = await openSite();
  await site.get('/manage').set('Sec-Fetch-Site', 'cross-site').expect(200);
});

describe('a list that cannot be changed', () => {
  test.each([405, 409, 507])('because of a %i: every page says why', async (status) => {
    const site = await openSite();
    const reason = 'The list is read-only: the credentials are the default ones; set API_USERNAME';
    site.api.before = () => [status, { error: `${reason} <b>` }];
    for (const path of PATHS) {
      for (const asked of [site.get(path), site.post(path, FORM)]) {
        const { text } = await asked.expect(409);
        expect(wordsOf(text)).toContain(`The list cannot be changed ${reason} <b> Back`);
        expect(text).not.toContain('<form');
      }
    }
    expect(site.api.list.size).toBe(6);
  });

  test('as the API does not respond is one to try again', async () => {
    const site = await openSite();
    site.api.before = () => [503, { error: 'no list' }];
    const { text } = await site.get('/manage?sort=age').expect(503);
    expect(linksOf(text, /^Try again$/)).toEqual(['/manage?sort=age']);
  });
});

test.each([
  ['no response', undefined],
  ['an unexpected one', 500],
  ['nonsense', 200],
])('of a change that has %s, the page says that it is not certain', async (_what, status) => {
  const api = playList();
  const { listener } = api;
  api.listener = (req, res) => {
    if (req.method !== 'PUT') return listener(req, res);
    if (status) res.writeHead(status).end('x');
    else res.socket?.destroy();
  };
  const site = await openSite({ api });
  const { text } = await site.post('/manage', FORM).expect(504);
  expect(wordsOf(text)).toContain('It is not certain that this was saved');
});

describe('a paste', () => {
  const text = 'x'.repeat(100_000);

  test('may be larger than other forms, up to a mebibyte', async () => {
    const site = await openSite();
    await site.post('/manage/paste', { text }).expect(200);
    await site.post('/manage', { name: text }).expect(413);
    await site.post(`/manage/change${AHMED}`, { text }).expect(413);
    const { text: page } = await site.post('/manage/paste', { text: text.repeat(11) }).expect(413);
    expect(wordsOf(page)).toContain('send it in several parts');
  });

  /** Begins to send a paste, and goes no further. */
  function begin(port: number, authorization: string) {
    const headers = { Authorization: authorization, 'Content-Length': 1_000_000 };
    const req = ask({ port, path: '/manage/paste', method: 'POST', headers, agent: false });
    req.on('error', () => {}).flushHeaders();
    return req;
  }

  test('is not read of somebody whom the API does not accept', async () => {
    const site = await openSite();
    const server = await listen(createServer(site.app));
    for (const authorization of ['', 'Basic eDp5']) {
      const [res] = await once(begin(server.port, authorization), 'response');
      expect([res.statusCode, res.headers.connection]).toEqual([401, 'close']);
    }
    await server.close();
  });

  test('waits while ten others are being read', async () => {
    const site = await openSite();
    const server = await listen(createServer(site.app));
    const ten = Array.from({ length: 10 }, () => begin(server.port, RIGHT));
    while (site.api.requests.length < 10) await sleep(10);
    const { headers, text: page } = await site.post('/manage/paste', { text }).expect(503);
    expect(headers['retry-after']).toBe('2');
    expect(wordsOf(page)).toContain('Please try again');
    await site.post('/manage', FORM).expect(303);
    for (const req of ten) req.destroy();
    for (let status = 503; status === 503; )
      ({ status } = await site.post('/manage/paste', { text }));
    await server.close();
  });
});

test('the addresses have the base path, whatever the proxy passes on', async () => {
  const site = await openSite({ basePath: '/app' });
  for (const prefix of ['', '/app']) {
    for (const path of PATHS) {
      const { text } = await site.get(prefix + path).expect(200);
      const addresses = [...text.matchAll(/ (?:href|src|action)="([^"]*)"/g)];
      expect(addresses.length).toBeGreaterThan(4);
      for (const [, address] of addresses) expect(address).toMatch(/^\/app\//);
    }
    const { headers } = await site.post(`${prefix}/manage`, { name: `Z${prefix}`, age: '1' });
    const student = encodeURIComponent(`Z${prefix}`);
    expect(headers['location']).toBe(`/app/manage?done=add&student=${student}`);
    const text = 'Ann,20\n'.repeat(5_000); // more than other forms may have
    await site.post(`${prefix}/manage/paste`, { text }).expect(200);
  }
});

test('other methods are not allowed', async () => {
  const site = await openSite();
  for (const path of PATHS) {
    const { headers } = await request(site.app).put(path).expect(405);
    expect(headers['allow']).toBe('GET, HEAD, POST, OPTIONS');
    await request(site.app).options(path).expect(200);
  }
  await site.get('/manage/').expect(404);
  await site.get('/Manage').expect(404);
});
