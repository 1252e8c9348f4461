import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { apiOf } from '../test/api-of';
import { captureLog } from '../test/captured-log';
import { holdStudents } from '../test/held-students';
import { SIX, startApi } from '../test/scripted-api';
import { ApiError, type ApiErrorKind } from './api/error';
import { createApp } from './app';
import { errorHandler } from './pages/errors';
import type { Students } from './students/students';

function site(getStudents: () => Promise<Students> = async () => holdStudents(SIX)) {
  const { logger, lines } = captureLog();
  return Object.assign(request(createApp({ api: apiOf(getStudents), logger })), { lines });
}

const failing = (error: Error) => site(() => Promise.reject(error));

function expectErrorPage(text: string, status: number): void {
  expect(text).toMatch(/^<!doctype html>/);
  expect(text).toContain(`Error ${status}`);
  expect(text).toMatch(/<a [^>]*href="\/">Back to the start<\/a>/);
  expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|Error:/);
}

describe('the methods', () => {
  test.each(['/', '/students', '/health/live'])('HEAD %s is GET without a body', async (path) => {
    const got = await site().get(path).expect(200);
    const { status, headers, text } = await site().head(path);
    expect(status).toBe(200);
    expect(text).toBeUndefined();
    expect(headers['content-length']).toBe(got.headers['content-length']);
  });

  test.each([
    ['/', 'GET, HEAD, POST, OPTIONS'],
    ['/index.php', 'GET, HEAD, POST, OPTIONS'],
    ['/students', 'GET, HEAD, OPTIONS'],
    ['/students.csv', 'GET, HEAD, OPTIONS'],
    ['/health/live', 'GET, HEAD, OPTIONS'],
    ['/health/ready', 'GET, HEAD, OPTIONS'],
  ])('OPTIONS %s tells which there are', async (path, allow) => {
    const { headers } = await site().options(path).expect(200);
    expect(headers['allow']).toBe(allow);
  });
});

test('/index.php, of the site before, leads to the list, and shows it to scripts', async () => {
  for (const ask of [site().get('/index.php?a=b'), site().head('/index.php')]) {
    expect((await ask.expect(302)).headers['location']).toBe('/students');
  }
  const { text } = await site().post('/index.php').type('form').send('submit=').expect(200);
  expect(text).toContain('6 students');
});

describe('the headers', () => {
  test('let a page show its own styles and images, and run nothing', async () => {
    const { headers } = await site().get('/students');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'self';img-src 'self' data:;form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers['referrer-policy']).toBe('same-origin');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
  });

  test('demand no HTTPS and do not tell what runs here', async () => {
    const { headers } = await site().get('/students');
    for (const name of [
      'strict-transport-security',
      'cross-origin-opener-policy',
      'origin-agent-cluster',
      'x-powered-by',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test('let no cache show an old list', async () => {
    for (const res of [
      await site().get('/'),
      await site().get('/students'),
      await site().post('/'),
    ]) {
      expect(res.headers['cache-control']).toBe('private, no-cache');
    }
  });

  test('and robots.txt keep search engines away from all pages', async () => {
    for (const path of ['/', '/students', '/students.csv', '/missing']) {
      expect((await site().get(path)).headers['x-robots-tag']).toBe('noindex');
    }
    const { headers, text } = await site().get('/robots.txt').expect(200);
    expect(headers['content-type']).toBe('text/plain');
    expect(text).toBe('User-agent: *\nDisallow: /\n');
  });

  test('no page has an inline style or script, which the policy would refuse', async () => {
    for (const path of ['/', '/students', '/students?name=zz', '/nowhere']) {
      const { text } = await site().get(path);
      expect(text).not.toMatch(/<style|<script| style=| on[a-z]+=/);
    }
  });
});

describe('of an API that is at fault, the visitor is told in plain words:', () => {
  test.each<[ApiErrorKind, status: number, title: string]>([
    ['unreachable', 503, 'The student list cannot be reached right now'],
    ['timeout', 504, 'The student list takes too long'],
    ['refused', 502, 'The student list is locked for this website'],
    ['no-list', 503, 'There is no student list right now'],
    ['nonsense', 502, 'The student list cannot be read right now'],
  ])('%s', async (kind, status, title) => {
    const cause = 'the hidden cause';
    const ask = failing(new ApiError(kind, cause));
    for (const res of [
      await ask.get('/students?name=a'),
      await ask.get('/students.csv?name=a'),
      await ask.post('/'),
    ]) {
      expect(res.status).toBe(status);
      expectErrorPage(res.text, status);
      expect(res.text).toContain(`<h1>${title}</h1>`);
      expect(res.headers['cache-control']).toBe('no-store');
      expect(res.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
      expect(res.text).not.toContain('hidden');
    }
    const ready = await ask.get('/health/ready').expect(503);
    expect(ready.text).toBe(`{\n  "error": "${title}"\n}\n`);
    expect(ready.headers['retry-after']).toBe('2');
    const errors = ask.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
    expect(errors).toHaveLength(4);
    expect(errors[0]).toMatchObject({ method: 'GET', path: '/students', status, cause });
  });

  test('and can try again, where they were', async () => {
    const ask = failing(new ApiError('unreachable', 'no response'));
    const { text } = await ask.get('/students?name=a%26b&page=2').expect(503);
    expect(text).toContain('href="/students?name=a%26b&amp;page=2">Try again</a>');
    expect((await ask.post('/')).text).toContain('href="/students">Try again</a>');
  });
});

describe('a request that cannot be met gets a page:', () => {
  test.each([
    ['unknown path', 404, 'get', '/nowhere'],
    ['another case', 404, 'get', '/Students'],
    ['a trailing slash', 404, 'get', '/students/'],
    ['an unknown path, whatever the method', 404, 'post', '/nowhere'],
    ['POST /students', 405, 'post', '/students'],
    ['DELETE /', 405, 'delete', '/'],
    ['PUT /health/live', 405, 'put', '/health/live'],
    ['malformed URL', 400, 'get', '/%zz'],
  ] as const)('%s is %i', async (_name, status, method, path) => {
    const ask = site();
    const { text, headers } = await ask[method](`${path}?secret=hidden`).expect(status);
    expectErrorPage(text, status);
    expect(text).not.toContain('Try again');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const [line, ...more] = ask.lines.map((it) => JSON.parse(it)).filter(({ level }) => level > 20);
    expect(line).toMatchObject({ level: 40, status, path });
    expect(more).toEqual([]);
    expect(ask.lines.join()).not.toContain('hidden');
  });

  test('405 tells which methods there are', async () => {
    expect((await site().put('/')).headers['allow']).toBe('GET, HEAD, POST, OPTIONS');
    expect((await site().put('/students')).headers['allow']).toBe('GET, HEAD, OPTIONS');
  });

  test('415, a body that is compressed', async () => {
    const { text } = await site().post('/').set('Content-Encoding', 'gzip').send('abc').expect(415);
    expectErrorPage(text, 415);
  });

  test('413, a body that is too large', async () => {
    const { text } = await site().post('/').type('form').send('x'.repeat(16_385)).expect(413);
    expectErrorPage(text, 413);
  });

  test('a query that is malformed is none', async () => {
    await site().get('/students?name=%zz&%&=&page=%').expect(200);
  });

  test('HEAD gets no body', async () => {
    expect((await site().head('/nowhere').expect(404)).text).toBeUndefined();
  });
});

describe('an error that nobody expected', () => {
  test('is a 500 whose cause only the log has', async () => {
    const ask = failing(new Error('hidden cause'));
    for (const path of ['/students', '/health/ready']) {
      const { text } = await ask.get(path).expect(500);
      expectErrorPage(text, 500);
      expect(text).toContain('<h1>Something went wrong</h1>');
      expect(text).not.toContain('hidden');
    }
    expect(ask.lines.join()).toContain('hidden cause');
  });

  test('after the response began ends the connection', async () => {
    const { logger, lines } = captureLog();
    const app = express();
    app.get('/', (_req, res) => {
      res.write('the beginning');
      throw new Error('in the middle');
    });
    app.use(errorHandler(logger));
    await expect(request(app).get('/')).rejects.toThrow(/aborted|socket hang up/);
    expect(lines.join()).toContain('in the middle');
  });
});

test('/health/live is 200, with the API or without', async () => {
  const { text, headers } = await failing(new Error('not asked')).get('/health/live').expect(200);
  expect(text).toBe('{\n  "status": "live"\n}\n');
  expect(headers['content-type']).toBe('application/json');
});

test('/health/ready is 200 when the API gives a list', async () => {
  const { text } = await site().get('/health/ready').expect(200);
  expect(text).toBe('{\n  "status": "ready"\n}\n');
});

describe('of one connection,', () => {
  const listening = async (app: express.Express) => {
    const server = await startApi(app);
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    return { server, socket };
  };
  const requestsFor = (names: string[]) =>
    names.map((name) => `GET /students?name=${name} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');

  test('one request is under way, and none once the client is gone', async () => {
    const asked: string[] = [];
    const held = holdStudents(SIX);
    const finish: (() => void)[] = [];
    const students: Students = {
      ...held,
      excerpt: async (query, isWanted) => {
        asked.push(query.name);
        await new Promise<void>((resolve) => finish.push(resolve));
        return held.excerpt(query, isWanted);
      },
    };
    const api = apiOf(async () => students);
    const { server, socket } = await listening(createApp({ api, logger: captureLog().logger }));
    socket.write(requestsFor(['a', 'b', 'c', 'd']));
    await sleep(100);
    expect(asked).toEqual(['a']);
    finish[0]?.();
    await once(socket, 'data');
    await sleep(100);
    expect(asked).toEqual(['a', 'b']);
    socket.destroy();
    await sleep(100);
    finish[1]?.();
    await sleep(100);
    expect(asked).toEqual(['a', 'b']);
    await server.close();
  });

  test('a page that another client left is made for who is still there', async () => {
    let tries = 0;
    const held = holdStudents(SIX);
    const students: Students = {
      ...held,
      excerpt: async (query, isWanted) =>
        tries++ === 0 ? undefined : held.excerpt(query, isWanted),
    };
    expect((await site(async () => students).get('/students')).text).toContain('6 students');
    expect(tries).toBe(2);
  });
});
