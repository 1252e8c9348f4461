import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX, run } from './docker';
import { documented } from './documented';
import { eventually } from './eventually';
import { createRegistry, type Registry, withoutUi } from './registry';
import { createStack, type Stack } from './stack';

// The registry of one machine; that with TLS and accounts is in secure-registry.test.ts.
const IMAGES = ['api', 'website'] as const;
const TAG = '2.0';
const VOLUME = '/var/lib/registry/docker/registry/v2';
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

test('each request to the UI is logged once, and a large layer does not wait on its disk', async () => {
  await statusOf('GET', 'once/passed-on', 'localhost');
  await statusOf('POST', 'once/refused', 'localhost');
  await statusOf('GET', 'once/foreign', 'a.example');
  const { stdout } = await docker(['logs', registry.uiContainer]);
  expect(stdout.match(/once\/[a-z-]+/g)).toEqual([
    'once/passed-on',
    'once/refused',
    'once/foreign',
  ]);
  // Nobody reads this response. nginx deletes its files while it has them open.
  const blob = join(VOLUME, 'blobs/sha256/ab', 'ab'.repeat(32), 'data');
  const link = join(VOLUME, 'repositories/large/_layers/sha256', 'ab'.repeat(32), 'link');
  const commands = `mkdir -p $(dirname ${blob} ${link}); head -c 50000000 /dev/zero >${blob}
    printf %s sha256:${'ab'.repeat(32)} >${link}`;
  await exec(registry.container, 'sh', '-ec', commands);
  const unread = await fetch(`${registry.ui}/v2/large/blobs/sha256:${'ab'.repeat(32)}`);
  await sleep(1_000);
  const open = await exec(registry.uiContainer, 'sh', '-c', 'ls -l /proc/[0-9]*/fd 2>&1; true');
  await unread.body?.cancel();
  expect([unread.status, open]).toEqual([200, expect.not.stringContaining('(deleted)')]);
});

test('metrics are for containers on the network of the registry alone', async () => {
  const metrics = async (url: string) => {
    const wget = ['wget', '-Y', 'off', '-q', '-O', '-', url];
    return (await exec(registry.uiContainer, ...wget).catch(String)).includes(
      'registry_http_in_flight',
    );
  };
  expect(await metrics('http://registry:5001/metrics')).toBe(true);
  expect(await metrics('http://registry:5000/metrics')).toBe(false);
  expect(await metrics('http://127.0.0.1:8080/metrics')).toBe(false);
  const ports = await inspect(registry.container, '{{json .NetworkSettings.Ports}}');
  expect(Object.keys(JSON.parse(ports))).toEqual(['5000/tcp']);
});

test('the UI says that the registry does not respond, and no more once it does', async () => {
  const catalog = async () => {
    const res = await fetch(`${registry.ui}/v2/_catalog`, { signal: AbortSignal.timeout(2_000) });
    return { status: res.status, text: await res.text() };
  };
  await docker(['stop', registry.container]);
  const away = { status: 502, text: 'The registry does not respond.' };
  await eventually(async () => expect(await catalog()).toEqual(away)); // not at its old address either
  expect(await statusOf('GET', '', 'localhost')).toBe(200);
  await docker(['start', registry.container]);
  await eventually(async () => expect(await catalog()).toMatchObject({ status: 200 }));
});
