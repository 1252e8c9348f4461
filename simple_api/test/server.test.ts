import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readConfig } from '../src/config';
import { isHealthy } from '../src/healthcheck';
import { createLogger } from '../src/logger';
import { startApi } from '../src/server';
import { captureLog } from './captured-log';

const BUNDLE = join(__dirname, '../dist/server.js');
const HEALTHCHECK = join(__dirname, '../dist/healthcheck.js');

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Runs a bundle as its user would, with nothing of this process's environment but the path. */
function run(bundle: string, env: NodeJS.ProcessEnv, ...args: string[]) {
  const child = spawn(process.execPath, ['--enable-source-maps', bundle, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return { child, output: () => output, exit: once(child, 'exit') };
}

/** Waits until the service says where it listens. */
async function listening({ child, output }: ReturnType<typeof run>): Promise<string> {
  for (;;) {
    const url = /listening on (http:\S+?)"/.exec(output())?.[1];
    if (url) return url;
    if (child.exitCode !== null) throw new Error(output());
    await once(child.stdout, 'data');
  }
}

describe('the process', () => {
  test('serves the list that is shipped, with a warning about the default credentials', async () => {
    const api = run(BUNDLE, {});
    const url = await listening(api);
    const res = await fetch(`${url}/supmit/api/v1.0/get_student_ages`, {
      headers: { Authorization: `Basic ${btoa('root:root')}` },
    });
    expect((await res.text()).length).toBe(139);
    expect(api.output()).toContain('the credentials are the default ones');
    for (const line of api.output().trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ name: 'api', level: expect.any(String) });
    }
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 on %s', async (signal) => {
    const api = run(BUNDLE, { API_PASSWORD: 'hush' });
    await listening(api);
    api.child.kill(signal);
    expect(await api.exit).toEqual([0, null]);
    expect(api.output()).not.toContain('the credentials are the default ones');
    expect(api.output()).not.toContain('hush');
  });

  test('starts without a list, says so in one line, and is live but not ready', async () => {
    const api = run(BUNDLE, { STUDENT_AGE_FILE: join(folder, 'student_age.json') });
    const url = await listening(api);
    expect(api.output().match(/is missing; put the list there/g)).toHaveLength(1);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  });

  test('reads .env in the folder it is started in', async () => {
    await writeFile(join(folder, '.env'), 'API_PASSWORD="b#c"\n');
    const url = await listening(run(BUNDLE, {}));
    const res = await fetch(`${url}/supmit/api/v1.0/get_student_ages`, {
      headers: { Authorization: `Basic ${btoa('root:b#c')}` },
    });
    expect(res.status).toBe(200);
  });

  test('ends with code 1 and one line for each mistake in the configuration', async () => {
    const api = run(BUNDLE, { PORT: 'x', LOG_LEVEL: 'loud', API_USERNAME: 'a:b' });
    expect(await api.exit).toEqual([1, null]);
    const messages = api
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
    expect(messages.sort()).toEqual([
      'API_USERNAME must not have a colon (RFC 7617)',
      'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace',
      'PORT must be a number from 0 to 65535',
    ]);
  });

  test('ends with code 1 and one line when its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const api = run(BUNDLE, { PORT: String(port), LOG_LEVEL: 'error' });
    expect(await api.exit).toEqual([1, null]);
    other.close();
    expect(JSON.parse(api.output()).msg).toBe(`port ${port} is in use; set PORT to a free one`);
  });

  test('writes text for a person when FORCE_COLOR says that one reads it', async () => {
    const api = run(BUNDLE, { FORCE_COLOR: '1', PORT: 'x' });
    await api.exit;
    expect(api.output()).toMatch(/FATAL.*PORT must be a number/);
    expect(api.output()).not.toContain('{');
  });

  test('is found live by the health check, and not when it has gone', async () => {
    const api = run(BUNDLE, {});
    const { port } = new URL(await listening(api));
    expect(await run(HEALTHCHECK, { PORT: port }).exit).toEqual([0, null]);
    expect(await run(HEALTHCHECK, { PORT: port, HOST: '0.0.0.0' }).exit).toEqual([0, null]);
    expect(await run(HEALTHCHECK, { PORT: port }, '/health/ready').exit).toEqual([0, null]);
    expect(await run(HEALTHCHECK, { PORT: port }, '/unknown').exit).toEqual([1, null]);
    api.child.kill('SIGKILL');
    await api.exit;
    expect(await run(HEALTHCHECK, { PORT: port }).exit).toEqual([1, null]);
  });
});

describe('startApi', () => {
  test('listens, serves and closes', async () => {
    const { logger } = captureLog();
    const config = readConfig({ PORT: '0' });
    const { port, close } = await startApi(config, logger);
    expect(await isHealthy(port, '127.0.0.1', '/health/live')).toBe(true);
    await close();
    expect(await isHealthy(port, '127.0.0.1', '/health/live')).toBe(false);
  });

  test('says what is wrong when it cannot listen', async () => {
    const { logger } = captureLog();
    const config = readConfig({ PORT: '0', HOST: '192.0.2.1' });
    await expect(startApi(config, logger)).rejects.toThrow('cannot listen on 192.0.2.1, port 0');
    const { port, close } = await startApi(readConfig({ PORT: '0' }), logger);
    await expect(startApi(readConfig({ PORT: String(port) }), logger)).rejects.toThrow(
      `port ${port} is in use; set PORT to a free one`,
    );
    await close();
  });
});

describe('isHealthy', () => {
  test('is false when nothing is answered within its time', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await isHealthy(port, '127.0.0.1', '/health/live', 50)).toBe(false);
    silent.close();
  });
});

test('createLogger writes for a person at a terminal, JSON otherwise', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const isTTY = process.stdout.isTTY;
  process.stdout.isTTY = true;
  const logger = await createLogger('api', 'warn');
  process.stdout.isTTY = isTTY;
  write.mockRestore();
  expect(logger.level).toBe('warn');
});
