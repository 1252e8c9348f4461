import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, inspect, PREFIX, run } from './docker';
import { documented } from './documented';
import { createRegistry, type Registry, withoutUi } from './registry';
import { createStack, type Stack } from './stack';

// The registry of one machine; that with TLS and accounts is in secure-registry.test.ts.
const IMAGES = ['api', 'website'] as const;
const TAG = '2.0';
const COMMIT = '0123456789abcdef0123456789abcdef01234567'; // as `git rev-parse HEAD` prints one

let registry: Registry;
let stack: Stack;
const name = (image: string) => `${registry.prefix}${image}:${TAG}`;

beforeAll(async () => {
  registry = await createRegistry('registry');
  await registry.startWithUi();
  const images = { IMAGE_PREFIX: registry.prefix, TAG, GIT_COMMIT: COMMIT, PULL_POLICY: 'always' };
  stack = await createStack('published', images);
}, 600_000);
afterAll(async () => {
  await stack?.down();
  await registry?.down();
});

test('both images are built with the commit as their label, pushed, and run elsewhere with PULL_POLICY=always', async () => {
  await stack.compose('build', '--quiet');
  await stack.compose('push', '--quiet');
  const label = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
  for (const image of IMAGES) {
    expect(await inspect(name(image), label)).toBe(COMMIT);
    await docker(['rmi', name(image)]);
  }
  await stack.compose('up', '--detach', '--wait', '--no-build');
  expect(await inspect(stack.container('website'), '{{.Config.Image}}')).toBe(name('website'));
  expect((await stack.page()).text).toContain('6 students');
});

test('what was pushed outlives a backup, and down with the volume, and the restoring, as documented', async () => {
  const section = 'Back up and restore the registry';
  const thisMachine = documented(
    'Clean up the registry',
    'COMPOSE_FILE=docker-compose-registry.yml',
  );
  await registry.sh(thisMachine + documented(section, '-cf'));
  await registry.sh(`${thisMachine}docker compose down --volumes`);
  await registry.sh(thisMachine + withoutUi(documented(section, '-xf')));
  const tags = await fetch(`http://localhost:${registry.port}/v2/${PREFIX}/api/tags/list`);
  expect(await tags.json()).toEqual({ name: `${PREFIX}/api`, tags: [TAG] });
  await registry.startWithUi();
});

test('no response of the registry lets a page of another origin in', async () => {
  for (const method of ['GET', 'OPTIONS', 'DELETE']) {
    const headers = { Origin: 'http://a.example', 'Access-Control-Request-Method': 'DELETE' };
    const url = `http://localhost:${registry.port}/v2/${PREFIX}/api/manifests/sha256:${'0'.repeat(64)}`;
    const res = await fetch(url, { method, headers });
    expect([...res.headers.keys()].join()).not.toContain('access-control');
  }
});

/** The status of a response of the UI. With curl, because Node.js does not let one choose the Host. */
async function statusOf(method: string, path: string, host: string): Promise<number> {
  const request = ['--request', method, '--header', `Host:${host && ` ${host}`}`];
  const output = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
  const { stdout } = await run(['curl', ...request, ...output, `${registry.ui}/${path}`], {});
  return Number(stdout);
}

test.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])(
  'the UI, and the registry behind it, are there for %s, and nothing is uploaded through it',
  async (host) => {
    expect(await statusOf('GET', '', host)).toBe(200);
    expect(await statusOf('GET', 'v2/_catalog', host)).toBe(200);
    const manifest = `v2/image/manifests/sha256:${'0'.repeat(64)}`;
    expect(await statusOf('DELETE', manifest, host)).toBe(404);
    for (const method of ['POST', 'PUT', 'PATCH', 'OPTIONS']) {
      expect(await statusOf(method, 'v2/image/blobs/uploads/', host)).toBe(403);
    }
  },
);

test.each(['a.example', 'localhost.a.example:8080', '10.0.0.1', ''])(
  'a page of another name that leads here (DNS rebinding) gets nothing: Host "%s"',
  async (host) => {
    expect(await statusOf('GET', '', host)).not.toBe(200);
    for (const method of ['GET', 'DELETE', 'POST']) {
      expect(await statusOf(method, 'v2/_catalog', host)).toBe(host ? 421 : 400);
    }
  },
);
