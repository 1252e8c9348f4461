import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX, ROOT } from './docker';
import { OWNER, type Stack, startStack } from './stack';

const BASE = 'node:26-trixie-slim';
const MB = 1_000_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack('hardening');
});
afterAll(() => stack?.down());

describe.each([
  ['simple-api', OWNER, ['/data']],
  ['website', { uid: 1000, gid: 1000 }, []],
] as const)('the container of %s', (service, { uid, gid }, mounts: readonly string[]) => {
  const container = () => stack.container(service);

  test('runs its process without root, capabilities, and ways to gain any', async () => {
    const status = await exec(container(), 'cat', '/proc/1/status');
    for (const line of [`Uid:(\\s+${uid}){4}`, `Gid:(\\s+${gid}){4}`, `Groups:\\s+${gid}\\s*`]) {
      expect(status).toMatch(new RegExp(`^${line}$`, 'm'));
    }
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status.match(/^Cap(Eff|Prm|Bnd):\s+0+$/gm)).toHaveLength(3);
  });

  test.each(['/app', '/tmp'])('may not write %s, not even as root', async (folder) => {
    const touch = docker(['exec', '--user', '0', container(), 'touch', `${folder}/e2e`]);
    await expect(touch).rejects.toThrow(/Read-only file system|No such file/);
  });

  test('has no file of its own that its process may change, and opens no debugger', async () => {
    expect(await exec(container(), 'find', '/app', '!', '-user', 'root')).toBe('');
    // Built, as they are, from a clone that only its owner may read.
    const others = ['!', '-perm', '-o=r', '-o', '-perm', '/o=w'];
    expect(await exec(container(), 'find', '/app', ...others)).toBe('');
    await docker(['kill', '--signal', 'SIGUSR1', container()]);
    await sleep(500);
    const { stdout, stderr } = await docker(['logs', container()]);
    expect(stdout + stderr).not.toContain('Debugger');
    expect(await inspect(container(), '{{.State.Status}}')).toBe('running');
  });

  test('has limits, restarts after a crash, and mounts nothing but the list', async () => {
    const { HostConfig, Mounts } = JSON.parse(await inspect(container(), '{{json .}}'));
    expect(HostConfig).toMatchObject({
      Memory: 512 * 1024 * 1024,
      PidsLimit: 64,
      LogConfig: { Config: { 'max-file': '3', 'max-size': '10m' } },
      RestartPolicy: { Name: 'unless-stopped' },
    });
    expect(Mounts).toMatchObject(mounts.map((Destination) => ({ Type: 'bind', Destination })));
  });

  test('uses at most 60 MiB of memory when idle', async () => {
    expect(await idleMemory(container())).toBeLessThanOrEqual(60);
  });
});

/**
 * The memory of a container in MiB as `docker stats` has it: without the files' pages, which the
 * kernel would give back at once. The middle one of three samples: a health check may run at one.
 */
async function idleMemory(container: string): Promise<number> {
  // In the start period of 10 s, a health check runs every second.
  const started = Date.parse(await inspect(container, '{{.State.StartedAt}}'));
  await sleep(Math.max(0, started + 12_000 - Date.now()));
  const samples: number[] = [];
  while (samples.length < 3) {
    const stats = ['stats', '--no-stream', '--format', '{{.MemUsage}}', container];
    const { stdout } = await docker(stats);
    samples.push(Number(/^([\d.]+)MiB /.exec(stdout)?.[1]));
  }
  return samples.sort((a, b) => a - b)[1] ?? Number.NaN;
}

describe.each([
  ['api', { ExposedPorts: { '5000/tcp': {} }, Volumes: { '/data': {} } }],
  ['website', { ExposedPorts: { '3000/tcp': {} } }],
])('the image of %s', (title, declared) => {
  const name = `${PREFIX}/${title}:e2e`;

  test('adds at most 4 MB to its base: the bundle, and neither packages, sources nor caches', async () => {
    const [size, baseSize] = [await inspect(name, '{{.Size}}'), await inspect(BASE, '{{.Size}}')];
    expect(Number(size) - Number(baseSize)).toBeLessThanOrEqual(4 * MB);

    const base = new Set(await filesOf(BASE));
    const added = (await filesOf(name)).filter((file) => !base.has(file));
    expect(added).toEqual(
      expect.arrayContaining(['/app/dist/server.js', '/app/dist/healthcheck.js']),
    );
    const allowed = /^\/app\/(dist|compile-cache|views|public)\//;
    const forbidden = /node_modules|package(-lock)?\.json|npm|\.tsx?$|\.env|student_age/;
    expect(added.filter((file) => !allowed.test(file) || forbidden.test(file))).toEqual([]);
  });

  test('shows no secret in its history or configuration', async () => {
    for (const args of [
      ['history', '--no-trunc'],
      ['image', 'inspect'],
    ]) {
      const { stdout } = await docker([...args, name]);
      expect(stdout).not.toMatch(/password|passwd|secret|token|credential|username/i);
    }
  });

  test('declares what it is, and how it runs: without root, without a shell', async () => {
    const config = JSON.parse(await inspect(name, '{{json .Config}}'));
    expect(config).toMatchObject({
      ...declared,
      User: 'node',
      Cmd: expect.arrayContaining(['node', 'dist/server.js']),
      Healthcheck: { Test: ['CMD', 'node', 'dist/healthcheck.js'] },
      Labels: {
        maintainer: expect.stringMatching(/./),
        'org.opencontainers.image.title': title,
        'org.opencontainers.image.description': expect.stringMatching(/./),
        'org.opencontainers.image.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
        'org.opencontainers.image.licenses': 'MIT',
      },
    });
    expect(config.Entrypoint).toBeFalsy();
  });
});

async function filesOf(image: string): Promise<string[]> {
  const find = ['find', '/', '-xdev', '-type', 'f'];
  const { stdout } = await docker(['run', '--rm', '--user', '0', image, ...find]);
  return stdout.trim().split('\n');
}

for (const folder of ['.', 'simple_api', 'website']) {
  // A user's own configuration may say audit=false.
  const args = ['audit', '--omit=dev', '--audit=true', '--json'];
  const options = { cwd: join(ROOT, folder), encoding: 'utf8', timeout: 30_000 } as const;
  const { vulnerabilities } = JSON.parse(spawnSync('npm', args, options).stdout || '{}');
  if (!vulnerabilities) console.log(`Skipped, npm audit of ${folder}: there is no report`);
  const check = vulnerabilities ? test : test.skip;
  check(`npm knows no vulnerability in ${folder}`, () => expect(vulnerabilities).toEqual({}));
}
