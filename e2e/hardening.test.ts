import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX } from './docker';
import { OWNER, type Stack, startStack } from './stack';

const BASE = 'node:26-trixie-slim';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack('hardening');
});
afterAll(() => stack?.down());

test.each([
  ['simple-api', OWNER, ['/data']],
  ['website', { uid: 1000, gid: 1000 }, []],
] as const)('%s may do no more than it must', async (service, { uid, gid }, mounts) => {
  const container = stack.container(service);
  const status = await exec(container, 'cat', '/proc/1/status');
  for (const line of [`Uid:(\\s+${uid}){4}`, `Gid:(\\s+${gid}){4}`, 'NoNewPrivs:\\s+1']) {
    expect(status).toMatch(new RegExp(`^${line}$`, 'm'));
  }
  expect(status.match(/^Cap(Eff|Prm|Bnd):\s+0+$/gm)).toHaveLength(3);

  const touch = docker(['exec', '--user', '0', container, 'touch', '/app/e2e']);
  await expect(touch).rejects.toThrow('Read-only file system');
  // The images were built, as e2e/run does it, from a clone that only its owner may read.
  const wrong = ['!', '-user', 'root', '-o', '!', '-perm', '-o=r', '-o', '-perm', '/o=w'];
  expect(await exec(container, 'find', '/app', ...wrong)).toBe('');

  await docker(['kill', '--signal', 'SIGUSR1', container]); // opens Node.js's debugger, elsewhere
  await sleep(500);
  const { stdout, stderr } = await docker(['logs', container]);
  expect(stdout + stderr).not.toContain('Debugger');

  const { HostConfig, Mounts, State } = JSON.parse(await inspect(container, '{{json .}}'));
  expect(State.Status).toBe('running');
  expect(HostConfig).toMatchObject({
    Memory: 512 * 1024 * 1024,
    PidsLimit: 64,
    LogConfig: { Config: { 'max-file': '3', 'max-size': '10m' } },
    RestartPolicy: { Name: 'unless-stopped' },
  });
  expect(Mounts).toMatchObject(mounts.map((Destination) => ({ Type: 'bind', Destination })));
});

test.each(['api', 'website'])('the image of %s has the bundle, and no secrets', async (title) => {
  const name = `${PREFIX}/${title}:e2e`;
  const [size, baseSize] = [await inspect(name, '{{.Size}}'), await inspect(BASE, '{{.Size}}')];
  expect(Number(size) - Number(baseSize)).toBeLessThanOrEqual(4_000_000);
  const base = new Set(await filesOf(BASE));
  const added = (await filesOf(name)).filter((file) => !base.has(file));
  expect(added).toContain('/app/dist/server.js');
  const allowed = /^\/app\/(dist|compile-cache|views|public)\//;
  const forbidden = /node_modules|package(-lock)?\.json|npm|\.tsx?$|\.env|student_age/;
  expect(added.filter((file) => !allowed.test(file) || forbidden.test(file))).toEqual([]);

  const history = await docker(['history', '--no-trunc', name]);
  const config = await inspect(name, '{{json .Config}}');
  expect(history.stdout + config).not.toMatch(/passw|secret|token|credential|username/i);
  expect(JSON.parse(config)).toMatchObject({
    User: 'node',
    Cmd: expect.arrayContaining(['node', 'dist/server.js']),
  });
});

async function filesOf(image: string): Promise<string[]> {
  const find = ['run', '--rm', '--user', '0', image, 'find', '/', '-xdev', '-type', 'f'];
  return (await docker(find)).stdout.trim().split('\n');
}

test.each(['simple-api', 'website'] as const)('%s needs at most 60 MiB', async (service) => {
  const container = stack.container(service);
  // In the start period of 10 s, a health check runs every second.
  const started = Date.parse(await inspect(container, '{{.State.StartedAt}}'));
  await sleep(Math.max(0, started + 12_000 - Date.now()));
  const samples: number[] = [];
  while (samples.length < 3) {
    // Without the files' pages, which the kernel would give back at once.
    const stats = ['stats', '--no-stream', '--format', '{{.MemUsage}}', container];
    samples.push(Number(/^([\d.]+)MiB /.exec((await docker(stats)).stdout)?.[1]));
  }
  expect(Math.min(...samples)).toBeLessThanOrEqual(60); // a health check may run at one
});
