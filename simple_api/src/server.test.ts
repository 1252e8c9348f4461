import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { closeAfter } from '../test/closing';
import { makeFolder } from '../test/opened-list';
import { runBundle } from '../test/process';
import { pathOf } from '../test/served';
import { STUDENT_AGES_PATH } from './http/documents';
import { start } from './server';
import { closeGracefully } from './service/server';

const basic = (credentials: string) => ({ Authorization: `Basic ${btoa(credentials)}` });

let folder: string;
beforeEach(async () => {
  folder = await makeFolder();
});

const run = (env: NodeJS.ProcessEnv, program = 'server', ...args: string[]) =>
  runBundle(join(__dirname, `../dist/${program}.js`), folder, env, ...args);

describe('the process', () => {
  test('reads .env where it is started, and ends on SIGINT, while nobody reads its log', async () => {
    await writeFile(join(folder, '.env'), 'API_PASSWORD="b#c"\nLOG_LEVEL=debug\n');
    const api = run({});
    const url = await api.url();
    expect(api.output()).not.toMatch(/default ones|b#c/);
    api.child.stdout.removeAllListeners('data').pause();
    const ask = (path: string) => fetch(url + path, { headers: basic('root:b#c') });
    for (let i = 0; i < 20; i++) {
      const asked = Array.from({ length: 100 }, () => ask('/'.padEnd(200, 'x')));
      await Promise.all(asked.map(async (it) => (await it).text()));
    }
    expect((await ask(STUDENT_AGES_PATH)).status).toBe(200);
    const exit = once(api.child, 'exit');
    api.child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
  });

  test.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'one line for each mistake',
      { PORT: 'x', API_USERNAME: 'a:b' },
      /^.*PORT must.*\n.*API_USERNAME must.*\n$/,
    ],
    [
      'text for a person who reads it',
      { PORT: 'x', FORCE_COLOR: '1' },
      /FATAL[^{]*PORT must be a number/,
    ],
    [
      'what nobody foresaw',
      { NODE_OPTIONS: '--require ./preload.cjs' },
      /"fatal".*Error: x\\n.*preload.cjs/,
    ],
  ])('ends with code 1, and %s', async (_what, env, output) => {
    await writeFile(join(folder, 'preload.cjs'), 'setTimeout(() => { throw new Error("x") }, 300)');
    const api = run(env);
    expect(await api.exit).toEqual([1, null]);
    expect(api.output()).toMatch(output);
  });
});

test('hears signals before it loads anything', async () => {
  const preload = `const { Module } = require('module'); const load = Module._load;
    Module._load = (id, ...args) => {
      if (!id.endsWith('server.js') && !process.listenerCount('SIGTERM')) console.log('deaf', id);
      return load(id, ...args);
    };`;
  await writeFile(join(folder, 'preload.cjs'), preload);
  const api = run({ NODE_OPTIONS: '--require ./preload.cjs' });
  await api.url();
  expect(api.output()).not.toContain('deaf');
});

test('the health check finds it live, past any proxy, and not when it has gone', async () => {
  const api = run({});
  const { port: PORT } = new URL(await api.url());
  const check = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    run({ PORT, ...env }, 'healthcheck', ...args).exit;
  const proxy = 'http://127.0.0.1:9'; // where nothing is
  expect(await check({ HOST: '127.0.0.1' })).toEqual([0, null]);
  expect(await check({ HOST: '::' }, '/health/ready')).toEqual([0, null]);
  expect(await check({ http_proxy: proxy, NODE_USE_ENV_PROXY: '1' })).toEqual([0, null]);
  expect(await check({}, '/unknown')).toEqual([1, null]);
  expect(api.output()).toContain('the credentials are the default ones');
  api.child.kill('SIGSTOP');
  expect(await check({})).toEqual([1, null]); // nothing within 2.5 s
  api.child.kill('SIGKILL');
  await api.exit;
  expect(await check({})).toEqual([1, null]);
});

test('start listens, and what an editor changes is in the file', async () => {
  const STUDENT_AGE_FILE = join(folder, 'student_age.json');
  await writeFile(STUDENT_AGE_FILE, '{"Ahmed": 20}');
  const env = {
    PORT: '0',
    LOG_LEVEL: 'silent',
    EDITOR_PASSWORD: 'hush-hush-hush',
    STUDENT_AGE_FILE,
  };
  const { server, url } = await start(env);
  closeAfter(() => closeGracefully(server));
  const headers = { ...basic('editor:hush-hush-hush'), 'Content-Type': 'application/json' };
  const change = { method: 'PUT', headers, body: '{"age": 21}' };
  expect((await fetch(url + pathOf('Ahmed'), change)).status).toBe(200);
  expect(await readFile(STUDENT_AGE_FILE, 'utf8')).toBe('{"Ahmed": 21}');
});

test('with METRICS_PORT, the list and the changes can be watched', async () => {
  await writeFile(join(folder, 'student_age.json'), '{"Ahmed": 20}');
  const api = run({
    METRICS_PORT: '0',
    EDITOR_PASSWORD: 'hush-hush-hush',
    STUDENT_AGE_FOLDER: folder,
  });
  const url = await api.url();
  const [, metrics = ''] = /metrics are at (http:\S+?)"/.exec(api.output()) ?? [];
  const headers = { ...basic('editor:hush-hush-hush'), 'Content-Type': 'application/json' };
  await fetch(url + pathOf('Zoe'), { method: 'PUT', headers, body: '{"age": 21}' });
  const text = await (await fetch(metrics)).text();
  expect(text).toContain('\nstudents 2\n');
  expect(text).toContain('\nlist_problem 0\n');
  expect(text).toContain('\nstudents_changed_total{kind="added"} 1\n');
  expect(text).toMatch(/\nlist_last_look_seconds [\d.e-]+\n/);
  expect(text).not.toContain('Zoe');
});
