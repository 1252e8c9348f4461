import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express, { type Express } from 'express';
import request from 'supertest';
import type { ApiClient } from '../src/api-client';
import { createApiClient } from '../src/api-client';
import { ApiError } from '../src/api-error';
import { createApp } from '../src/app';
import { errorHandler } from '../src/error-handler';
import { captureLog } from './captured-log';
import { FAULTS } from './faulty-api';
import { type RunningServer, SIX, startApi } from './scripted-api';

const credentials = { username: 'reader', password: 'hidden-word' };
/** The credentials, in plain text and as they are sent; and what the faulty API says. */
const SECRETS = /reader|hidden|cmVhZGVy/;

function site(api: Partial<ApiClient> = {}, change: (app: Express) => void = () => {}) {
  const { logger, lines } = captureLog();
  const app = createApp({ api: { getStudents: async () => SIX, ...api }, logger });
  change(app);
  return { ask: request(app), lines };
}

const failing = (error: Error) => ({ getStudents: () => Promise.reject(error) });

function expectErrorPage(text: string, status: number): void {
  expect(text).toMatch(/^<!doctype html>/);
  expect(text).toContain(`Error ${status}`);
  expect(text).toMatch(/<a [^>]*href="\/">Back to the start<\/a>/);
  expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|Error:/);
}

describe('of an API that is at fault, the visitor is told in plain words:', () => {
  test.each(FAULTS)('$fault', async ({ listener, status, cause }) => {
    const server = await startApi(listener);
    try {
      const { ask, lines } = site(
        createApiClient({ url: server.url, credentials, logger: captureLog().logger }),
      );
      for (const answer of [await ask.get('/students?name=a'), await ask.post('/')]) {
        expect(answer.status).toBe(status);
        expectErrorPage(answer.text, status);
        expect(answer.text).toMatch(/<h1>[^<]*student list[^<]*<\/h1>/);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
        expect(JSON.stringify(answer.headers) + answer.text).not.toMatch(SECRETS);
      }
      const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
      expect(errors).toHaveLength(2);
      expect(errors[0]).toMatchObject({ method: 'GET', path: '/students', status });
      expect(errors[0].cause).toMatch(cause);
      expect(lines.join()).not.toMatch(SECRETS);
    } finally {
      await server.close();
    }
  });

  test('too slow', async () => {
    const { ask } = site(failing(new ApiError('timeout', 'no answer')));
    const { text } = await ask.get('/students').expect(504);
    expectErrorPage(text, 504);
    expect(text).toContain('<h1>The student list takes too long</h1>');
  });

  test('and can try again, where he was', async () => {
    const { ask } = site(failing(new ApiError('unreachable', 'no answer')));
    const address = '/students?name=a%26b&amp;page=2';
    const { text } = await ask.get('/students?name=a%26b&page=2').expect(503);
    expect(text).toContain(`href="${address}">Try again</a>`);
    expect((await ask.post('/')).text).toContain('href="/students">Try again</a>');
  });
});

describe('a request that cannot be answered gets a page:', () => {
  const cases = {
    '404, unknown path': [404, 'get', '/nowhere'],
    '404, another case': [404, 'get', '/Students'],
    '404, a trailing slash': [404, 'get', '/students/'],
    '404, whatever the method': [404, 'post', '/nowhere'],
    '405, POST /students': [405, 'post', '/students'],
    '405, DELETE /': [405, 'delete', '/'],
    '405, PUT /health/live': [405, 'put', '/health/live'],
    '400, malformed URL': [400, 'get', '/%zz'],
  } as const;

  test.each(Object.entries(cases))('%s', async (_name, [status, method, path]) => {
    const { ask, lines } = site();
    const { text, headers } = await ask[method](`${path}?secret=hidden`).expect(status);
    expectErrorPage(text, status);
    expect(text).not.toContain('Try again');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const [line, ...more] = lines.map((text) => JSON.parse(text)).filter(({ level }) => level > 20);
    expect(line).toMatchObject({ level: 40, status, path });
    expect(more).toEqual([]);
    expect(lines.join()).not.toContain('hidden');
  });

  test('405 tells which methods there are', async () => {
    const { ask } = site();
    expect((await ask.put('/')).headers['allow']).toBe('GET, HEAD, POST, OPTIONS');
    expect((await ask.put('/students')).headers['allow']).toBe('GET, HEAD, OPTIONS');
  });

  test('413, a body that is announced as large', async () => {
    const { ask } = site();
    const { text, headers } = await ask.post('/').type('form').send('x'.repeat(16_385)).expect(413);
    expectErrorPage(text, 413);
    expect(headers['connection']).toBe('close');
  });

  test('a query that is malformed is none', async () => {
    await site().ask.get('/students?name=%zz&%&=&page=%').expect(200);
  });

  test('HEAD gets no body', async () => {
    const { text } = await site().ask.head('/nowhere').expect(404);
    expect(text).toBeUndefined();
  });
});

describe('an error that nobody expected', () => {
  test('is a 500 whose cause only the log has', async () => {
    const { ask, lines } = site(failing(new Error('hidden cause')));
    const { text } = await ask.get('/students').expect(500);
    expectErrorPage(text, 500);
    expect(text).toContain('<h1>Something went wrong</h1>');
    expect(text).not.toContain('hidden');
    expect(lines.join()).toContain('hidden cause');
  });

  test('is told in plain text when not even the page for it can be rendered', async () => {
    const { ask, lines } = site({}, (app) => app.set('views', '/no/such/folder'));
    const { text, headers } = await ask.get('/nowhere').expect(404);
    expect(text).toBe('There is no such page\n');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(lines.join()).toContain('the error page cannot be rendered');
  });

  test('after the answer began ends the connection', async () => {
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

describe('the health endpoints', () => {
  let server: RunningServer;
  let status = 503;
  beforeAll(async () => {
    server = await startApi((_req, res) => void res.writeHead(status).end('{"student_ages":{}}'));
  });
  afterAll(() => server.close());

  test('live is 200, with the API or without', async () => {
    const { ask } = site(failing(new Error('not asked')));
    const { text, headers } = await ask.get('/health/live').expect(200);
    expect(text).toBe('{\n  "status": "live"\n}\n');
    expect(headers['content-type']).toBe('application/json');
    expect(headers['cache-control']).toBe('no-store');
  });

  test('ready is 503 with the reason until the API has a list', async () => {
    const { ask, lines } = site(
      createApiClient({ url: server.url, credentials, logger: captureLog().logger }),
    );
    status = 503;
    const { text, headers } = await ask.get('/health/ready').expect(503);
    expect(text).toBe('{\n  "error": "There is no student list right now"\n}\n');
    expect(headers['retry-after']).toBe('2');
    expect(lines.join()).toContain('no list to serve');
    expect(lines.join()).not.toMatch(SECRETS);
    status = 200;
    const ready = await ask.get('/health/ready').expect(200);
    expect(ready.text).toBe('{\n  "status": "ready"\n}\n');
  });

  test('ready is 500 after an error that nobody expected', async () => {
    const { text } = await site(failing(new Error('hidden')))
      .ask.get('/health/ready')
      .expect(500);
    expect(text).not.toContain('hidden');
  });
});

describe('the log', () => {
  test('has every answer at debug, without its query', async () => {
    const { ask, lines } = site();
    await ask.get('/students?name=hidden');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 20, method: 'GET', path: '/students', status: 200, msg: 'answered' },
    ]);
    expect(lines.join()).not.toContain('hidden');
  });

  test('has no answer below 400 at info', async () => {
    const { logger, lines } = captureLog();
    logger.level = 'info';
    const app = createApp({ api: { getStudents: async () => SIX }, logger });
    await request(app).get('/students');
    expect(lines).toEqual([]);
    await request(app).get('/nowhere');
    expect(lines).toHaveLength(1);
  });
});
