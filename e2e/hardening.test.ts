import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

const BASE = 'node:26-trixie-slim';
const MB = 1_000_000;

/** The services, the titles of their images, their mounts, and what else differs in the images. */
const SERVICES = [
  ['simple-api', 'api', ['/data'], { ExposedPorts: { '5000/tcp': {} }, Volumes: { '/data': {} } }],
  ['website', 'website', [], { ExposedPorts: { '3000/tcp': {} } }],
] as const;

let stack: Stack;
beforeAll(async () => {
  stack = await createStack('hardening');
  await stack.compose('up', '--detach', '--wait');
});
afterAll(() => stack.down());

describe.each(SERVICES)('the container of %s', (service, _title, mounts) => {
  const container = () => stack.container(service);

  test('runs its process without root, capabilities, and ways to gain any', async () => {
    const status = await exec(container(), 'cat', '/proc/1/status');
    for (const line of [/^[UG]id:(\s+1000){4}$/m, /^Groups:\s+1000\s*$/m, /^NoNewPrivs:\s+1$/m]) {
      expect(status).toMatch(line);
    }
    expect(status.match(/^Cap(Eff|Prm|Bnd):\s+0+$/gm)).toHaveLength(3);
  });

  test.each(['/app', '/data', '/tmp'])('may not write %s, not even as root', async (folder) => {
    const touch = docker(['exec', '--user', '0', container(), 'touch', `${folder}/e2e`]);
    await expect(touch).rejects.toThrow(/Read-only file system|No such file/);
  });

  test('has limits, restarts after a crash, and mounts nothing but the list, read-only', async () => {
    const { HostConfig, Mounts } = JSON.parse(await inspect(container(), '{{json .}}'));
    expect(HostConfig).toMatchObject({
      Memory: 512 * 1024 * 1024,
      PidsLimit: 64,
      LogConfig: { Config: { 'max-file': '3', 'max-size': '10m' } },
      RestartPolicy: { Name: 'unless-stopped' },
    });
    const bind = { Type: 'bind', RW: false };
    expect(Mounts).toMatchObject(mounts.map((Destination) => ({ ...bind, Destination })));
  });

  test('uses at most 64 MB of memory when idle', async () => {
    expect(await idleMemory(container())).toBeLessThanOrEqual(64 * MB);
  });
});

/** Serves a list of so many students, and waits until it is loaded. */
async function serve(members: string[]): Promise<void> {
  await writeFile(stack.list, `{${members.join(',')}}`);
  await eventually(30_000, async () => {
    const ready = await (await fetch(`${stack.api}/health/ready`)).json();
    expect(ready).toEqual({ status: 'ready', students: members.length });
  });
}

test('the API uses at most 200 MB of memory with a list of 100,000', async () => {
  await serve(Array.from({ length: 100_000 }, (_, i) => `"Student ${i}": "${18 + (i % 40)}"`));
  expect(await idleMemory(stack.container('simple-api'))).toBeLessThanOrEqual(200 * MB);
});

test('the API loads the longest list, and loads it again, within its memory limit', async () => {
  const longest = Array.from(
    { length: 200_000 },
    (_, i) => `"${'é'.repeat(150)} ${String(i).padStart(6, '0')}": "20"`, // 63.6 MB of at most 67.1
  );
  await serve(longest);
  await serve(longest.slice(1));
  const state = '{{.State.OOMKilled}} {{.RestartCount}}';
  expect(await inspect(stack.container('simple-api'), state)).toBe('false 0');
});

/**
 * The memory of a container in bytes as `docker stats` has it: without the files' pages, which the
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
    samples.push(Number(/^([\d.]+)MiB /.exec(stdout)?.[1]) * 1024 * 1024);
  }
  return samples.sort((a, b) => a - b)[1] ?? Number.NaN;
}

describe.each(SERVICES)('the image of %s', (service, title, _mounts, declared) => {
  const name = `${PREFIX}/${title}:e2e`;

  test('adds at most 4 MB to its base: the bundle, and neither packages, sources nor caches', async () => {
    const layers = await addedLayers(name);
    expect(layers.reduce((total, { size }) => total + size, 0)).toBeLessThanOrEqual(4 * MB);
    // They hold what is copied into the working folder, and nothing else.
    const copy = /^COPY .* (\/app\/|\.\/|\w)\S*( # buildkit)?$/;
    expect(layers.filter(({ size, by }) => size > 0 && !copy.test(by))).toEqual([]);

    const find = await exec(stack.container(service), 'find', '/app', '-type', 'f');
    const files = find.trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['/app/dist/server.js', '/app/dist/healthcheck.js']),
    );
    const forbidden = /node_modules|package(-lock)?\.json|npm|\.cache|\.tsx?$|\.env|student_age/;
    expect(files.filter((file) => forbidden.test(file))).toEqual([]);
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

/** The layers that an image adds to its base: their sizes, and the instructions that made them. */
async function addedLayers(image: string) {
  const layersOf = async (name: string) => {
    const format = ['--no-trunc', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}'];
    const { stdout } = await docker(['history', ...format, name]);
    return stdout.trim().split('\n'); // the newest first
  };
  // A builder may have got the base for itself alone.
  await inspect(BASE, '{{.Id}}').catch(() => docker(['pull', '--quiet', BASE]));
  const [all, base] = [await layersOf(image), await layersOf(BASE)];
  expect(all.slice(-base.length)).toEqual(base);
  return all.slice(0, -base.length).map((line) => {
    const [size, ...by] = line.split(' ');
    return { size: Number(size), by: by.join(' ') };
  });
}

describe('npm knows no vulnerability in what runs', () => {
  for (const folder of ['.', 'simple_api', 'website']) {
    // A user's own configuration may say audit=false.
    const args = ['audit', '--omit=dev', '--audit=true', '--json'];
    const options = { cwd: join(ROOT, folder), encoding: 'utf8', timeout: 30_000 } as const;
    const { vulnerabilities, statusCode } = JSON.parse(
      spawnSync('npm', args, options).stdout || '{}',
    );
    if (!vulnerabilities) {
      console.log(`Skipped, npm audit of ${folder}: the registry gives no report (${statusCode})`);
    }
    (vulnerabilities ? test : test.skip)(`of ${folder}`, () => expect(vulnerabilities).toEqual({}));
  }
});
