import { afterEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { captureLog } from '../test/captured-log';
import { closeServers } from '../test/scripted-api';
import { playList, type Refused } from '../test/scripted-list';
import { openSite } from '../test/site';
import { createApp } from './app';

afterEach(closeServers);

function expectErrorPage(text: string, status: number): void {
  expect(text).toMatch(/^<!doctype html>/);
  expect(text).toContain(`Error ${status}`);
  expect(text).toMatch(/<a [^>]*href="\/">Back to the start<\/a>/);
  expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|Error:/);
}

test.each([
  ['/', 'GET, HEAD, POST, OPTIONS'],
  ['/index.php', 'GET, HEAD, POST, OPTIONS'],
  ['/students', 'GET, HEAD, OPTIONS'],
  ['/students.csv', 'GET, HEAD, OPTIONS'],
  ['/health/live', 'GET, HEAD, OPTIONS'],
  ['/health/ready', 'GET, HEAD, OPTIONS'],
])('%s tells which methods there are', async (path, allow) => {
  const { visit } = await openSite();
  expect((await visit.options(path).expect(200)).headers['allow']).toBe(allow);
  expect((await visit.put(path).expect(405)).headers['allow']).toBe(allow);
});

test('/index.php, of the site before, leads to the list, and shows it to scripts', async () => {
  const { visit } = await openSite();
  for (const ask of [visit.get('/index.php?a=b'), visit.head('/index.php')]) {
    expect((await ask.expect(302)).headers['location']).toBe('/students');
  }
  const { text } = await visit.post('/index.php').type('form').send('submit=').expect(200);
  expect(text).toContain('6 students');
});

test('the headers let a page show its own styles and images, and run nothing', async () => {
  const { visit } = await openSite();
  const { headers } = await visit.get('/students');
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'none';style-src 'self';img-src 'self' data:;form-action 'self';base-uri 'none';frame-ancestors 'none'",
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cache-control': 'private, no-cache',
  });
  // They would demand HTTPS, or tell what runs here.
  for (const name of [
    'strict-transport-security',
    'cross-origin-opener-policy',
    'origin-agent-cluster',
    'x-powered-by',
  ]) {
    expect(headers).not.toHaveProperty(name);
  }
  for (const path of ['/', '/students', '/students?name=zz', '/nowhere']) {
    expect((await visit.get(path)).text).not.toMatch(/<style|<script| style=| on[a-z]+=/);
  }
});

test('search engines are kept away from all pages', async () => {
  const { visit } = await openSite();
  for (const path of ['/', '/students', '/students.csv', '/missing']) {
    expect((await visit.get(path)).headers['x-robots-tag']).toBe('noindex');
  }
  const { headers, text } = await visit.get('/robots.txt').expect(200);
  expect([headers['content-type'], text]).toEqual(['text/plain', 'User-agent: *\nDisallow: /\n']);
});

describe('of an API that is at fault, the visitor is told in plain words:', () => {
  test.each<[string, Refused | undefined, status: number, title: string]>([
    ['it is away', undefined, 503, 'The student list cannot be reached right now'],
    ['it refuses', [403, {}], 502, 'The student list is locked for this website'],
    ['it has no list', [503, {}], 503, 'There is no student list right now'],
    ['it talks nonsense', [500, {}], 502, 'The student list cannot be read right now'],
  ])('%s', async (_fault, refused, status, title) => {
    const { visit, api, lines, endApi } = await openSite();
    api.before = async () => refused ?? false;
    if (!refused) await endApi();
    for (const res of [
      await visit.get('/students?name=a%26b&page=2'),
      await visit.get('/students.csv'),
      await visit.post('/'),
    ]) {
      expect(res.status).toBe(status);
      expectErrorPage(res.text, status);
      expect(res.text).toContain(`<h1>${title}</h1>`);
      expect(res.text).toMatch(/href="\/students(\?name=a%26b&amp;page=2)?">Try again<\/a>/);
      expect(res.headers['cache-control']).toBe('no-store');
      expect(res.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
    }
    const ready = await visit.get('/health/ready').expect(503);
    expect(ready.text).toBe(`{\n  "error": "${title}"\n}\n`);
    expect(ready.headers['retry-after']).toBe('2');
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
    expect(errors).toHaveLength(4);
    const cause = expect.any(String);
    expect(errors[0]).toMatchObject({ method: 'GET', path: '/students', status, cause });
  });
});

describe('a request that cannot be met gets a page:', () => {
  test.each([
    ['an unknown path', 404, 'get', '/nowhere'],
    ['another case', 404, 'get', '/Students'],
    ['a trailing slash', 404, 'get', '/students/'],
    ['an unknown path, whatever the method', 404, 'post', '/nowhere'],
    ['POST /students', 405, 'post', '/students'],
    ['a malformed URL', 400, 'get', '/%zz'],
  ] as const)('%s is %i', async (_name, status, method, path) => {
    const { visit, lines } = await openSite();
    const { text, headers } = await visit[method](`${path}?secret=hidden`).expect(status);
    expectErrorPage(text, status);
    expect(text).not.toContain('Try again');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const [line, ...more] = lines.map((it) => JSON.parse(it)).filter(({ level }) => level > 20);
    expect(line).toMatchObject({ level: 40, status, path });
    expect(more).toEqual([]);
    expect(lines.join()).not.toContain('hidden');
  });

  test('a body that is compressed is 415, one that is too large 413', async () => {
    const { visit } = await openSite();
    const { text } = await visit.post('/').set('Content-Encoding', 'gzip').send('abc').expect(415);
    expectErrorPage(text, 415);
    const large = await visit.post('/').type('form').send('x'.repeat(16_385)).expect(413);
    expectErrorPage(large.text, 413);
  });
});

describe('an error that nobody expected', () => {
  test('is a 500 whose cause only the log has', async () => {
    const { logger, lines } = captureLog();
    const fail = () => Promise.reject(new Error('hidden cause'));
    const api = {
      version: fail,
      page: fail,
      as: () => {
        throw new Error('not asked');
      },
    };
    const visit = request(createApp({ api, logger }));
    for (const path of ['/students', '/health/ready']) {
      const { text } = await visit.get(path).expect(500);
      expectErrorPage(text, 500);
      expect(text).toContain('<h1>Something went wrong</h1>');
      expect(text).not.toContain('hidden');
    }
    expect(lines.join()).toContain('hidden cause');
    expect((await visit.get('/health/live').expect(200)).text).toBe('{\n  "status": "live"\n}\n');
  });
});

test('/health/ready is 200 when the API has a list', async () => {
  const { visit } = await openSite({ api: playList([]) });
  expect((await visit.get('/health/ready').expect(200)).text).toBe('{\n  "status": "ready"\n}\n');
});
