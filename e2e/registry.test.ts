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
  const thisMachine = documented('Clean up the registry', 'export COMPOSE_FILE');
  await registry.sh(thisMachine + documented(section, '-cf'));
  await registry.sh(`${thisMachine}docker compose down --volumes`);
  await registry.sh(thisMachine + withoutUi(documented(section, '-xf')));
  const tags = await fetch(`http://localhost:${registry.port}/v2/${PREFIX}/api/tags/list`);
  expect(await tags.json()).toEqual({ name: `${PREFIX}/api`, tags: [TAG] });
  await registry.startWithUi();
});

/** The status of a response of the UI. With curl, because Node.js does not let one choose the Host. */
async function statusOf(method: string, path: string, host: string): Promise<number> {
  const request = ['--request', method, '--header', `Host:${host && ` ${host}`}`];
  const output = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
  const { stdout } = await run(['curl', ...request, ...output, `${registry.ui}/${path}`], {});
  return Number(stdout);
}

test('the UI shows and deletes, uploads nothing, and has nothing for a foreign host', async () => {
  const methods = ['GET', 'DELETE', 'POST', 'PUT', 'PATCH', 'OPTIONS'];
  const statuses = async (host: string) => {
    const path = `v2/image/manifests/sha256:${'0'.repeat(64)}`;
    const all = methods.map((method) => statusOf(method, path, host));
    return [await statusOf('GET', '', host), ...(await Promise.all(all))].join(' ');
  };
  for (const host of ['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080']) {
    expect(await statuses(host)).toBe('200 404 404 403 403 403 403');
  }
  // A page of another name that leads here (DNS rebinding).
  for (const host of ['a.example', 'localhost.a.example:8080', '10.0.0.1']) {
    expect(await statuses(host)).toBe('421 421 421 421 421 421 421');
  }
});
