import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { CREDENTIALS, createStack, type Stack } from './stack';

const run = promisify(execFile);

const BASE = 'node:26-trixie-slim';
const MB = 1_000_000;

const BUNDLE = [
  'app/dist/healthcheck.js',
  'app/dist/healthcheck.js.map',
  'app/dist/server.js',
  'app/dist/server.js.map',
];
const VIEWS = [
  'app/views/error.ejs',
  'app/views/home.ejs',
  'app/views/partials/age-chart.ejs',
  'app/views/partials/footer.ejs',
  'app/views/partials/header.ejs',
  'app/views/partials/page-links.ejs',
  'app/views/students.ejs',
];
const ASSETS = ['app/public/favicon.svg', 'app/public/pico.min.css', 'app/public/site.css'];
const ENVIRONMENT = [
  'HOST=0.0.0.0',
  'NODE_COMPILE_CACHE=/app/compile-cache',
  'NODE_ENV=production',
];

/** The services: the mounts of their containers, and what their images hold and declare. */
const SERVICES = [
  {
    service: 'simple-api',
    title: 'api',
    mounts: [{ Type: 'bind', Destination: '/data', RW: false }],
    image: {
      files: [
        ...BUNDLE,
        'app/dist/load-snapshot-thread.js',
        'app/dist/load-snapshot-thread.js.map',
      ],
      environment: [...ENVIRONMENT, 'STUDENT_AGE_FILE=/data/student_age.json'],
      port: '5000/tcp',
      volumes: ['/data'],
    },
  },
  {
    service: 'website',
    title: 'website',
    mounts: [],
    image: {
      files: [...BUNDLE, ...VIEWS, ...ASSETS],
      environment: ENVIRONMENT,
      port: '3000/tcp',
      volumes: [],
    },
  },
] as const;

let stack: Stack;
beforeAll(async () => {
  stack = await createStack('hardening');
  await stack.compose('up', '--detach', '--wait');
});
afterAll(() => stack.down());

describe.each(SERVICES)('the container of $service', ({ service, mounts }) => {
  let container: string;
  beforeAll(() => {
    container = stack.container(service);
  });

  /** The words after a name in the state that the kernel has of the service's process. */
  const status = async (name: string) => {
    const line = (await exec(container, 'cat', '/proc/1/status'))
      .split('\n')
      .find((line) => line.startsWith(`${name}:`));
    return line?.split(/\s+/).slice(1);
  };

  test.each(['Uid', 'Gid', 'Groups'])('runs its process without root: %s', async (name) => {
    const ids = await status(name);
    expect(ids?.length).toBeGreaterThan(0);
    expect(ids).not.toContain('0');
  });

  test.each(['CapEff', 'CapPrm', 'CapBnd'])('gives its process no capability: %s', async (name) => {
    expect(await status(name)).toEqual(['0000000000000000']);
  });

  test('lets its process gain no privilege', async () => {
    expect(await status('NoNewPrivs')).toEqual(['1']);
  });

  test.each([
    ['/', '0'],
    ['/app', '0'],
    ['/home/node', '1000'],
    ['/tmp', '1000'],
  ])('has a root file system that not even its owner may write: %s', async (folder, owner) => {
    const touch = ['exec', '--user', owner, container, 'touch', `${folder}/e2e`];
    await expect(docker(touch)).rejects.toThrow('Read-only file system');
  });

  test('has no mount but the list, which it may not write', async () => {
    const found = JSON.parse(await inspect(container, '{{json .Mounts}}'));
    expect(found).toEqual(mounts.map((mount) => expect.objectContaining(mount)));
  });

  test.each([
    ['memory', '{{.HostConfig.Memory}}', String(512 * 1024 * 1024)],
    ['processes', '{{.HostConfig.PidsLimit}}', '64'],
    ['log', '{{json .HostConfig.LogConfig.Config}}', '{"max-file":"3","max-size":"10m"}'],
  ])('has a limit: %s', async (_limit, format, expected) => {
    expect(await inspect(container, format)).toBe(expected);
  });

  test('starts again after a crash', async () => {
    expect(await inspect(container, '{{.HostConfig.RestartPolicy.Name}}')).toBe('unless-stopped');
  });

  test('uses at most 64 MB of memory when idle', async () => {
    expect(await idleMemory(container)).toBeLessThanOrEqual(64 * MB);
  });
});

test('the compose file mounts the list read-only, and makes no folder where there is none', async () => {
  const file = ['--env-file', '/dev/null', '--file', 'docker-compose.yml'];
  const { stdout } = await docker(['compose', ...file, 'config', '--format', 'json']);
  // The stack of the tests has a mount of its own in its place.
  const [mount] = JSON.parse(stdout).services['simple-api'].volumes;
  expect(mount).toMatchObject({ target: '/data', read_only: true, bind: {} });
  expect(mount.bind).not.toHaveProperty('create_host_path', true);
});

test('the API cannot write the folder of the list', async () => {
  const touch = ['exec', '--user', '0', stack.container('simple-api'), 'touch', '/data/e2e'];
  await expect(docker(touch)).rejects.toThrow('Read-only file system');
});

test('the API uses at most 200 MB of memory with a list of 100,000', async () => {
  const members = Array.from({ length: 100_000 }, (_, i) => `"Student ${i}": "${18 + (i % 40)}"`);
  await writeFile(stack.list, `{${members.join(',\n')}}`);
  await eventually(10_000, async () => {
    const ready = await fetch(`${stack.api}/health/ready`);
    expect(await ready.json()).toMatchObject({ students: 100_000 });
  });
  expect(await idleMemory(stack.container('simple-api'))).toBeLessThanOrEqual(200 * MB);
});

test('the API loads the longest list, and loads it again, within its memory limit', async () => {
  const container = stack.container('simple-api');
  for (const age of [20, 21]) {
    const members = Array.from(
      { length: 200_000 },
      (_, i) => `"${'é'.repeat(150)} ${String(i).padStart(6, '0')}": "${age}"`,
    );
    await writeFile(stack.list, `{${members.join(',')}}`); // 63.6 MB of at most 67.1
    await eventually(30_000, async () => {
      const { stdout } = await docker(['logs', '--since', '60s', container]);
      expect(stdout.match(/"students":200000/g)?.length ?? 0).toBe(age - 19);
    });
  }
  expect(await inspect(container, '{{.State.OOMKilled}} {{.RestartCount}}')).toBe('false 0');
});

/**
 * The memory of a container in bytes as `docker stats` has it: what the kernel accounts to its
 * cgroup, without the files' pages that it would give back at once. The middle one of three
 * samples, because a health check may run at one.
 */
async function idleMemory(container: string): Promise<number> {
  // In the start period of 10 s, a health check runs every second.
  const started = Date.parse(await inspect(container, '{{.State.StartedAt}}'));
  await sleep(Math.max(0, started + 12_000 - Date.now()));
  const samples: number[] = [];
  while (samples.length < 3) {
    const stats = ['stats', '--no-stream', '--format', '{{.MemUsage}}', container];
    const { stdout } = await docker(stats);
    const [, mebibytes] = /^([\d.]+)MiB /.exec(stdout) ?? [];
    if (!mebibytes) throw new Error(`no memory in: ${stdout}`);
    samples.push(Number(mebibytes) * 1024 * 1024);
  }
  return Number(samples.sort((a, b) => a - b)[1]);
}

describe.each(SERVICES)('the image of $title', ({ service, title, image }) => {
  const name = `${PREFIX}/${title}:e2e`;
  let config: ImageConfig;
  beforeAll(async () => {
    await expectBase(name);
    config = await configOf(name);
  });

  test('adds at most 4 MB to its base', async () => {
    expect(await ownBytes(name)).toBeLessThanOrEqual(4 * MB);
  });

  test('adds the bundle, V8’s cache of it, the views and the assets, and no other file', async () => {
    const files = await ownFiles(name);
    const cache = /^app\/compile-cache\/v[^/]+\/[0-9a-f]{8}$/; // only Node.js knows the names
    expect(files.filter((file) => !cache.test(file))).toEqual([...image.files].sort());
    expect(files.filter((file) => cache.test(file)).length).toBeGreaterThan(0);
  });

  test('has no TypeScript source in its source map', async () => {
    const map = await exec(stack.container(service), 'cat', '/app/dist/server.js.map');
    expect(JSON.parse(map)).not.toHaveProperty('sourcesContent');
  });

  test.each([
    ['docker history', ['history', '--no-trunc']],
    ['docker inspect', ['image', 'inspect']],
  ])('shows no secret in %s', async (_command, args) => {
    const { stdout } = await docker([...args, name]);
    expect(stdout).not.toMatch(/password|passwd|secret|token|credential|username/i);
    for (const value of Object.values(CREDENTIALS)) {
      expect(stdout).not.toContain(value);
      expect(stdout).not.toContain(JSON.stringify(value).slice(1, -1));
    }
  });

  test('adds only what every container needs to the environment', async () => {
    const base = (await configOf(BASE)).Env;
    const own = config.Env.filter((variable) => !base.includes(variable));
    expect(own.sort()).toEqual([...image.environment].sort());
  });

  test('runs as a user that is not root', () => {
    expect(config.User).toBe('node');
  });

  test('says what it is and who maintains it', () => {
    expect(config.Labels).toEqual({
      maintainer: expect.stringMatching(/./),
      'org.opencontainers.image.title': title,
      'org.opencontainers.image.description': expect.stringMatching(/./),
      'org.opencontainers.image.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'org.opencontainers.image.licenses': 'MIT',
    });
  });

  test('says which port it listens on', () => {
    expect(config.ExposedPorts).toEqual({ [image.port]: {} });
  });

  test('has a volume for the list only', () => {
    expect(Object.keys(config.Volumes ?? {})).toEqual(image.volumes);
  });

  test('starts its process without a shell', () => {
    expect(config.Entrypoint ?? null).toBeNull();
    expect(config.Cmd).toContain('dist/server.js');
    expect(config.Cmd[0]).toBe('node');
  });

  test('has a health check, without a shell', () => {
    expect(config.Healthcheck?.Test).toEqual(['CMD', 'node', 'dist/healthcheck.js']);
  });
});

/** The parts of an image's configuration that the tests read. */
interface ImageConfig {
  User?: string;
  Env: string[];
  Entrypoint?: string[];
  Cmd: string[];
  Labels?: Record<string, string>;
  ExposedPorts?: Record<string, object>;
  Volumes?: Record<string, object>;
  Healthcheck?: { Test: string[] };
}

async function configOf(image: string): Promise<ImageConfig> {
  return JSON.parse(await inspect(image, '{{json .Config}}'));
}

/** Checks that an image is made from the base that is on this machine. */
async function expectBase(image: string): Promise<void> {
  const layers = async (name: string): Promise<string[]> =>
    JSON.parse(await inspect(name, '{{json .RootFS.Layers}}'));
  // A builder may have got the base for itself alone.
  const base = await layers(BASE).catch(async () => {
    await docker(['pull', '--quiet', BASE]);
    return layers(BASE);
  });
  expect((await layers(image)).slice(0, base.length)).toEqual(base);
}

/** How many bytes the layers have that an image adds to its base. */
async function ownBytes(image: string): Promise<number> {
  const sizes = async (name: string) => {
    const history = ['history', '--human=false', '--format', '{{.Size}}', name];
    return (await docker(history)).stdout.trim().split('\n').map(Number); // the newest first
  };
  const all = await sizes(image);
  const own = all.slice(0, all.length - (await sizes(BASE)).length);
  return own.reduce((total, size) => total + size, 0);
}

/** The files in the layers that an image adds to its base, also those that a later one removes. */
async function ownFiles(image: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}-image-`));
  try {
    await docker(['save', '--output', join(folder, 'image.tar'), image]);
    await run('tar', ['-xf', 'image.tar'], { cwd: folder });
    const manifest = await readFile(join(folder, 'manifest.json'), 'utf8');
    const layers: string[] = JSON.parse(manifest)[0].Layers;
    const inBase = Number(await inspect(BASE, '{{len .RootFS.Layers}}'));
    const files: string[] = [];
    for (const layer of layers.slice(inBase)) {
      const { stdout } = await run('tar', ['-tf', layer], { cwd: folder });
      files.push(...stdout.split('\n').filter((path) => path && !path.endsWith('/')));
    }
    return files.sort();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('npm knows no vulnerability in what runs', () => {
  for (const folder of ['.', 'simple_api', 'website']) {
    const { vulnerabilities, unanswered } = audit(folder);
    if (unanswered) console.log(`Skipped, npm audit of ${folder}: ${unanswered}`);
    (unanswered ? test.skip : test)(`of ${folder}`, () => {
      expect(vulnerabilities).toEqual({});
    });
  }
});

/** Asks the package registry for the known vulnerabilities, or finds out why it does not say. */
function audit(folder: string): { vulnerabilities?: object; unanswered?: string } {
  // A user's own configuration may say audit=false.
  const args = ['audit', '--omit=dev', '--audit=true', '--json'];
  const cwd = join(ROOT, folder);
  const { stdout } = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 30_000 });
  const report = stdout ? JSON.parse(stdout) : {};
  if (report.vulnerabilities) return { vulnerabilities: report.vulnerabilities };
  const { statusCode, error } = report;
  return {
    unanswered: `the registry gives no report (${statusCode ?? error?.code ?? 'no answer'})`,
  };
}
