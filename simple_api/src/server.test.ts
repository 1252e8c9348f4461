import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../test/eventually';
import { endAll, runBundle } from '../test/process';
import { start } from './server';
import { createLogger } from './service/logger';
import { closeGracefully } from './service/server';

const LIST = '/supmit/api/v1.0/get_student_ages';
const basic = (credentials: string) => ({ Authorization: `Basic ${btoa(credentials)}` });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-'));
});
afterEach(async () => {
  endAll();
  await rm(folder, { recursive: true });
});

const run = (env: NodeJS.ProcessEnv, program = 'server', ...args: string[]) =>
  runBundle(join(__dirname, `../dist/${program}.js`), folder, env, ...args);

/** Makes a server listen, and returns where. */
async function freePort(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

describe('the process', () => {
  test('serves the list that is shipped, with a warning about the default credentials', async () => {
    const api = run({});
    const res = await fetch(`${await api.url()}${LIST}`, { headers: basic('root:root') });
    expect((await res.text()).length).toBe(139);
    expect(api.output()).toContain('the credentials are the default ones');
    for (const line of api.output().trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ name: 'api', level: expect.any(String) });
    }
  });

  test('loads a long list in its thread, and says where another one is broken', async () => {
    const file = join(folder, 'student_age.json');
    const members = Array.from({ length: 20_000 }, (_, i) => `"Student ${i}": "20"`).join(',\n');
    await writeFile(file, `{${members}}`);
    const url = await run({ STUDENT_AGE_FILE: file }).url();
    const ready = async () => (await fetch(`${url}/health/ready`)).json();
    expect(await ready()).toEqual({ status: 'ready', students: 20_000 });
    await writeFile(file, `{${members},}`);
    const problem = `${file}, line 20000, column 23: JSON has no comma after the last member`;
    await eventually(async () => expect(await ready()).toMatchObject({ problem }));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 on %s', async (signal) => {
    const api = run({ API_PASSWORD: 'hush' });
    await api.url();
    api.child.kill(signal);
    expect(await api.exit).toEqual([0, null]);
    expect(api.output()).not.toContain('the credentials are the default ones');
    expect(api.output()).not.toContain('hush');
  });

  test('ends with code 0 on SIGTERM while it starts', async () => {
    const file = join(folder, 'student_age.json');
    await writeFile(file, `{${Array.from({ length: 200_000 }, (_, i) => `"${i}": 20`)}}`);
    const api = run({ STUDENT_AGE_FILE: file });
    await eventually(() => expect(api.output()).toContain('the credentials are the default ones'));
    api.child.kill('SIGTERM');
    expect(await api.exit).toEqual([0, null]);
    expect(api.output()).not.toContain('listening on');
  });

  test('serves, and ends on SIGTERM, while nobody reads its log', async () => {
    const other = createServer();
    const port = await freePort(other);
    other.close();
    const env = { PORT: String(port), LOG_LEVEL: 'debug' };
    const { child, exit } = run(env);
    child.stdout.removeAllListeners('data').pause();
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`).then((res) => res.text());
    await eventually(() => ask('/health/live').then(() => undefined));
    for (let i = 0; i < 30; i++) {
      await Promise.all(Array.from({ length: 100 }, () => ask('/'.padEnd(200, 'x'))));
    }
    expect(await ask('/health/live')).toContain('live');
    const closed = Promise.race([exit, sleep(5_000)]);
    child.kill('SIGTERM');
    child.once('exit', () => child.stdout.resume());
    expect(await closed).toEqual([0, null]);
  });

  test('starts without a list, says so in one line, and is live but not ready', async () => {
    const api = run({ STUDENT_AGE_FILE: join(folder, 'student_age.json') });
    const url = await api.url();
    expect(api.output().match(/is missing; put the list there/g)).toHaveLength(1);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  });

  test('reads .env in the folder it is started in', async () => {
    await writeFile(join(folder, '.env'), 'API_PASSWORD="b#c"\n');
    const url = await run({}).url();
    expect((await fetch(`${url}${LIST}`, { headers: basic('root:b#c') })).status).toBe(200);
  });

  test('ends with code 1 when .env has a password that Docker Compose takes for another', async () => {
    await writeFile(join(folder, '.env'), 'API_PASSWORD="hush$word1"\n');
    const api = run({});
    expect(await api.exit).toEqual([1, null]);
    expect(JSON.parse(api.output()).msg).toMatch(/^API_PASSWORD in .env means different things/);
    expect(api.output()).not.toContain('hush');
  });

  test('ends with code 1 and one line for each mistake in the configuration', async () => {
    const api = run({ PORT: 'x', LOG_LEVEL: 'loud', API_USERNAME: 'a:b' });
    expect(await api.exit).toEqual([1, null]);
    const lines = api.output().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).msg).sort()).toEqual([
      'API_USERNAME must not have a colon (RFC 7617)',
      'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace',
      'PORT must be a number from 0 to 65535',
    ]);
  });

  test('ends with code 1 when its port is in use, although it follows the list already', async () => {
    const other = createServer();
    const port = await freePort(other);
    const api = run({ PORT: String(port), LOG_LEVEL: 'error' });
    expect(await api.exit).toEqual([1, null]);
    other.close();
    expect(JSON.parse(api.output()).msg).toBe(`port ${port} is in use; set PORT to a free one`);
  });

  test('ends with code 1 and a stack trace in its log after an unexpected error', async () => {
    await writeFile(join(folder, 'preload.cjs'), 'setTimeout(() => { throw new Error("x") }, 300)');
    const api = run({ NODE_OPTIONS: '--require ./preload.cjs' });
    expect(await api.exit).toEqual([1, null]);
    expect(api.output()).toMatch(/"level":"fatal".*Error: x\\n.*preload.cjs/);
  });

  test('writes text for a person when FORCE_COLOR says that one reads it', async () => {
    const api = run({ FORCE_COLOR: '1', PORT: 'x' });
    await api.exit;
    expect(api.output()).toMatch(/FATAL.*PORT must be a number/);
    expect(api.output()).not.toContain('{');
  });
});

/** Variables that would send requests to a proxy which is not there; the last one is for Node.js 24. */
const proxies = Object.fromEntries(
  ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']
    .map((name) => [name, 'http://127.0.0.1:9'])
    .concat([['NODE_USE_ENV_PROXY', '1']]),
);

test('the health check finds it live, and not when it has gone', async () => {
  const api = run({});
  const { port } = new URL(await api.url());
  const check = (env: NodeJS.ProcessEnv, ...args: string[]) =>
    run({ PORT: port, ...env }, 'healthcheck', ...args).exit;
  expect(await check({ HOST: '127.0.0.1' })).toEqual([0, null]);
  expect(await check({ HOST: '::' }, '/health/ready')).toEqual([0, null]);
  expect(await check(proxies)).toEqual([0, null]);
  expect(await check({}, '/unknown')).toEqual([1, null]);
  api.child.kill('SIGSTOP');
  expect(await check({})).toEqual([1, null]); // nothing within 2.5 s
  api.child.kill('SIGKILL');
  await api.exit;
  expect(await check({})).toEqual([1, null]);
});

test('start listens, serves, and writes', async () => {
  const file = join(folder, 'student_age.json');
  await writeFile(file, '{"Ahmed": 20}');
  const env = { PORT: '0', LOG_LEVEL: 'silent', STUDENT_AGE_FILE: file, API_PASSWORD: 'hush' };
  const { server, url } = await start(env);
  const headers = { ...basic('root:hush'), 'Content-Type': 'application/json' };
  for (const age of [21, 22]) {
    const target = `${url}/supmit/api/v1.0/students/Ahmed`;
    const res = await fetch(target, { method: 'PUT', headers, body: JSON.stringify({ age }) });
    expect(res.status).toBe(200);
    expect(await readFile(file, 'utf8')).toBe(`{"Ahmed": ${age}}`);
    expect(await (await fetch(`${url}${LIST}`, { headers })).text()).toContain(`"Ahmed": ${age}`);
  }
  await closeGracefully(server);
});

test('createLogger writes for a person at a terminal', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { isTTY } = process.stdout;
  process.stdout.isTTY = true;
  expect((await createLogger('api', 'warn')).level).toBe('warn');
  process.stdout.isTTY = isTTY;
  write.mockRestore();
});
