import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeGracefully } from '#service/server';
import { endAll, runBundle } from '../test/process';
import { closeServers, startServer } from '../test/scripted-api';
import { playList, SIX } from '../test/scripted-list';
import { start } from './server';

// Both services as they are shipped: their bundles, each in a process of its own.
const run = (env: NodeJS.ProcessEnv, folder = join(__dirname, '..')) =>
  runBundle(join(folder, 'dist/server.js'), folder, { HOST: '127.0.0.1', ...env });
const runApi = (env: NodeJS.ProcessEnv) => run(env, join(__dirname, '../../simple_api'));

/** Variables that would send requests to a proxy which is not there; the last one is for Node.js 24. */
const proxies = {
  http_proxy: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  NODE_USE_ENV_PROXY: '1',
};

afterEach(async () => {
  endAll();
  await closeServers();
});

describe('with a real API', () => {
  test('the list shows, past any proxy, and no log has the credentials', async () => {
    const credentials = { API_USERNAME: 'reader', API_PASSWORD: 'hidden:wörd', LOG_LEVEL: 'debug' };
    const api = runApi(credentials);
    const website = run({ ...credentials, ...proxies, API_URL: `${await api.url()}/` });
    const url = await website.url();
    const listed = await fetch(url, { method: 'POST', body: new URLSearchParams() });
    const text = await listed.text();
    for (const [name, age] of SIX) {
      expect(text).toContain(`<bdi>${name}</bdi></th><td>${age} years old</td>`);
    }
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    api.child.kill('SIGTERM');
    await api.exit;
    expect((await fetch(`${url}/students`)).status).toBe(503);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);

    const basic = Buffer.from('reader:hidden:wörd').toString('base64');
    const log = website.output() + api.output();
    expect(log).toContain('ECONNREFUSED');
    for (const secret of ['reader', 'hidden', basic]) expect(log).not.toContain(secret);
  });

  test.each([
    ['wrong credentials', { API_PASSWORD: 'other' }, 502, 'is locked for this website'],
    ['a missing file', { STUDENT_AGE_FILE: '/no/such/file' }, 503, 'There is no student list'],
  ])('%s are a page that says so', async (_what, env, status, words) => {
    const website = run({ API_URL: await runApi(env).url() });
    const res = await fetch(`${await website.url()}/students`);
    expect(res.status).toBe(status);
    const text = await res.text();
    expect(text).toContain(words);
    expect(text).not.toContain('/no/such/file');
  });
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'ends with code 0 on %s, after the request under way',
  async (signal) => {
    const api = playList();
    const { url } = await startServer(api.listener);
    const website = run({ API_URL: url, API_USERNAME: 'website', API_PASSWORD: 'hidden' });
    api.before = async (line) => {
      // Once: the website asks again while this waits, and a second signal ends it at once.
      if (line.startsWith('GET') && !website.child.killed) {
        website.child.kill(signal);
        while (!website.output().includes('closing')) await once(website.child.stdout, 'data');
      }
      return false;
    };
    const res = await fetch(`${await website.url()}/students`);
    expect(await res.text()).toContain('6 students');
    expect(await website.exit).toEqual([0, null]);
    expect(website.output()).toMatch(new RegExp(`${signal}, closing.*\\n.*closed`));
  },
);

test('says all that is wrong with its configuration, and ends with code 1', async () => {
  const website = run({ PORT: 'x', API_URL: 'simple-api', API_USERNAME: 'hid:den' });
  expect(await website.exit).toEqual([1, null]);
  const lines = website.output().trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).msg).sort()).toEqual([
    'API_URL must be an address like http://localhost:5000',
    'API_USERNAME must not have a colon (RFC 7617)',
    'PORT must be a number from 0 to 65535',
  ]);
});

test('start listens and serves', async () => {
  const { server, url } = await start({ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' });
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  await closeGracefully(server);
});
