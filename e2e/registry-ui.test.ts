import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, inspect, run } from './docker';
import { eventually } from './eventually';
import { createRegistry, type Registry } from './registry';
import { startWithUi } from './registry-ui';

const MANIFEST = `v2/image/manifests/sha256:${'0'.repeat(64)}`;

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry('ui');
  await startWithUi(registry);
});
afterAll(() => registry.down());

/** The status of a response of the UI. With curl, because Node.js does not let one choose the Host. */
async function statusOf(method: string, path: string, host: string): Promise<number> {
  const request = ['--request', method, '--header', `Host:${host && ` ${host}`}`];
  const output = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
  const { stdout } = await run(['curl', ...request, ...output, `${registry.ui}/${path}`], {});
  return Number(stdout);
}

test.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])(
  'the page and the registry behind it are there for %s',
  async (host) => {
    expect(await statusOf('GET', '', host)).toBe(200);
    expect(await statusOf('GET', 'v2/_catalog', host)).toBe(200);
    expect(await statusOf('DELETE', MANIFEST, host)).toBe(404);
  },
);

test.each(['a.example', 'a.example:8080', 'localhost.a.example', '10.0.0.1', ''])(
  'a page of another name that leads here (DNS rebinding) gets nothing: Host "%s"',
  async (host) => {
    expect(await statusOf('GET', '', host)).not.toBe(200);
    for (const method of ['GET', 'DELETE', 'POST']) {
      expect(await statusOf(method, 'v2/_catalog', host)).toBe(host ? 421 : 400);
    }
  },
);

test.each(['POST', 'PUT', 'PATCH', 'OPTIONS'])(
  'nothing is uploaded through the UI, nor allowed to other pages: %s',
  async (method) => {
    expect(await statusOf(method, 'v2/image/blobs/uploads/', 'localhost:8080')).toBe(403);
  },
);

test('a registry that was replaced, and got another address, is found within seconds', async () => {
  const address = () =>
    inspect(registry.container, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
  const network = await inspect(registry.container, '{{.HostConfig.NetworkMode}}');
  const before = await address();
  expect(await statusOf('GET', 'v2/_catalog', 'localhost')).toBe(200); // so that it is remembered
  const other = `${registry.container}-other`;
  await docker(['rm', '--force', registry.container]);
  await docker(['run', '--detach', '--name', other, '--network', network, 'registry:2']);
  try {
    await registry.sh('docker compose -f docker-compose-registry.yml up -d --wait registry');
    expect(await address()).not.toBe(before);
    await docker(['stop', '--time', '1', other]); // nothing is left at the old address
    await eventually(30_000, async () =>
      expect(await statusOf('GET', 'v2/_catalog', 'localhost')).toBe(200),
    );
  } finally {
    await docker(['rm', '--force', '--volumes', other]);
  }
});
