import { expect, test } from '@jest/globals';
import request from 'supertest';
import { captureLog } from '../../simple_api/test/captured-log';
import { respond } from '../test/scripted-api';
import { openSite } from '../test/site';
import { createApp } from './app';

function expectErrorPage(text: string, status: number): void {
  expect(text).toMatch(/^<!doctype html>/);
  expect(text).toContain(`Error ${status}`);
  expect(text).toMatch(/<a [^>]*href="\/">Back to the start<\/a>/);
  expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|Error:|hidden/);
}

const MANAGE = ['/manage', '/manage/change', '/manage/remove', '/manage/paste'];
const HEALTH = ['/health/live', '/health/ready'];
test.each([
  ['GET, HEAD, POST, OPTIONS', ['/', '/index.php', ...MANAGE]],
  ['GET, HEAD, OPTIONS', ['/students', '/students.csv', '/robots.txt', ...HEALTH]],
])('%s are the methods of %s', async (allow, paths) => {
  const { visit } = await openSite();
  for (const path of paths) {
    expect((await visit.options(path).expect(200)).headers['allow']).toBe(allow);
    expect((await visit.put(path).expect(405)).headers['allow']).toBe(allow);
  }
});

test('/index.php, of the site before, leads to the list, and shows it to scripts', async () => {
  const { visit } = await openSite();
  for (const ask of [visit.get('/index.php?a=b'), visit.head('/index.php')]) {
    expect((await ask.expect(302)).headers['location']).toBe('/students');
  }
  const { text } = await visit.post('/index.php').type('form').send('submit=').expect(200);
  expect(text).toContain('6 students');
});

test('/students/ leads to the list, with what was asked of it, below a base path as well', async () => {
  for (const basePath of ['', '/app', '/students']) {
    const { visit } = await openSite({ basePath });
    const { headers } = await visit.get(`${basePath}/students/?name=a%26b`).expect(302);
    expect(headers['location']).toBe(`${basePath}/students?name=a%26b`);
  }
});

test('the headers let a page show its own styles and images, and run nothing', async () => {
  const { visit } = await openSite();
  const { headers } = await visit.get('/students');
  const own = "default-src 'none';style-src 'self';img-src 'self' data:;form-action 'self';";
  expect(headers).toMatchObject({
    'content-security-policy': `${own}base-uri 'none';frame-ancestors 'none'`,
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cache-control': 'private, no-cache',
  });
  // They would demand HTTPS, or tell what runs here.
  const unwanted = /^(strict-transport|cross-origin-opener|origin-agent-cluster|x-powered-by)/;
  expect(Object.keys(headers).filter((name) => unwanted.test(name))).toEqual([]);
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
  expect(text).toBe('User-agent: *\nDisallow: /\n');
  expect(headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '26',
    'cache-control': 'public, max-age=86400',
  });
});

test.each([
  ['is away', undefined, 503, 'The student list cannot be reached right now'],
  ['refuses', 403, 502, 'The student list is locked for this website'],
  ['has no list', 503, 503, 'There is no student list right now'],
  ['talks nonsense', 500, 502, 'The student list cannot be read right now'],
])('of an API that %s, one is told in plain words', async (_fault, answered, status, title) => {
  const { visit, api, logged, endApi } = await openSite();
  if (answered) api.before = async () => respond(answered);
  else endApi();
  for (const ask of [
    visit.get('/students?name=a%26b&page=2'),
    visit.get('/students.csv'),
    visit.post('/'),
  ]) {
    const { text, headers } = await ask.expect(status);
    expectErrorPage(text, status);
    expect(text).toContain(`<h1>${title}</h1>`);
    expect(text).toMatch(/href="\/students(\?name=a%26b&amp;page=2)?">Try again<\/a>/);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['retry-after']).toBe(status === 503 ? '2' : undefined);
  }
  const ready = await visit.get('/health/ready').expect(503);
  expect(ready.text).toBe(`{\n  "error": "${title}"\n}\n`);
  expect(ready.headers['retry-after']).toBe('2');
  const [first, ...others] = logged(50);
  expect(first).toMatchObject({ method: 'GET', path: '/students', status });
  expect(first.cause).toEqual(expect.any(String));
  expect(others).toHaveLength(3);
});

test.each([
  ['an unknown path', 404, 'get', '/nowhere', ''],
  ['another case', 404, 'get', '/Students', ''],
  ['a trailing slash', 404, 'post', '/manage/', ''],
  ['POST /students', 405, 'post', '/students', ''],
  ['a malformed URL', 400, 'get', '/%zz', ''],
  ['a body that is too large', 413, 'post', '/', 'x'.repeat(16_385)],
] as const)('%s is %i, with a page', async (_name, status, method, path, body) => {
  const { visit, logged } = await openSite();
  const asked = visit[method](`${path}?secret=hidden`).type('form').send(body);
  const { text, headers } = await asked.expect(status);
  expectErrorPage(text, status);
  expect(text).not.toContain('Try again');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(logged(30)).toEqual([expect.objectContaining({ level: 40, status, path })]);
  expect(JSON.stringify(logged())).not.toContain('hidden');
});

test('an error that nobody expected is a 500 whose cause only the log has', async () => {
  const { logger, lines } = captureLog();
  const fail = () => Promise.reject(new Error('hidden cause'));
  const as = () => {
    throw new Error('not asked');
  };
  const visit = request(createApp({ version: fail, readOnly: fail, page: fail, as }, logger, ''));
  for (const path of ['/students', '/health/ready']) {
    const { text } = await visit.get(path).expect(500);
    expectErrorPage(text, 500);
    expect(text).toContain('<h1>Something went wrong</h1>');
  }
  expect(lines.join()).toContain('hidden cause');
});

test('it is live, and ready when the API has a list, which may be empty', async () => {
  const { visit } = await openSite({ students: [] });
  for (const state of ['live', 'ready']) {
    const { text } = await visit.get(`/health/${state}`).expect(200);
    expect(text).toBe(`{\n  "status": "${state}"\n}\n`);
  }
});

test('the id of a request is on the error page, and in the logs of both services', async () => {
  const { visit, api, logged } = await openSite();
  api.store.query = () => Promise.reject(new Error('hidden'));
  const { text, headers } = await visit.get('/students?name=a').expect(502);
  const id = headers['x-request-id'];
  expectErrorPage(text, 502);
  expect(text).toContain(`<small>Request ${id}</small>`);
  expect(logged(50)).toEqual([expect.objectContaining({ id, status: 502 })]);
  const ofApi = api.lines.map((line) => JSON.parse(line)).find(({ status }) => status === 500);
  expect(ofApi).toMatchObject({ id, err: { message: 'hidden' } });
});
