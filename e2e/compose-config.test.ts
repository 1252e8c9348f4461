import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from '@jest/globals';
import { docker } from './docker';

const REGISTRY = 'docker-compose-registry.yml';
const SECURE = 'docker-compose-registry-secure.yml';

const CLONE = { STACK_NAME: 'second' };

async function configOf(files: string[], env: NodeJS.ProcessEnv = {}, envFile = '/dev/null') {
  const args = ['compose', '--env-file', envFile, ...files.flatMap((file) => ['--file', file])];
  const { stdout, stderr } = await docker([...args, 'config', '--format', 'json'], env);
  return { config: JSON.parse(stdout), warnings: stderr };
}

test.each([
  ['student-list', ['docker-compose.yml'], ['127.0.0.1:5000:5000', ':80:3000']],
  ['student-list-registry', [REGISTRY], ['127.0.0.1:5000:5000', '127.0.0.1:8080:8080']],
  [
    'student-list-registry-secure',
    [REGISTRY, SECURE],
    ['0.0.0.0:5000:5000', '127.0.0.1:8080:8080'],
  ],
  [
    'student-list',
    ['docker-compose.yml'],
    ['127.0.0.1:5000:5000', '127.0.0.1:80:3000'],
    { WEBSITE_BIND: '127.0.0.1' },
  ],
  ['second', ['docker-compose.yml'], ['127.0.0.1:5000:5000', ':80:3000'], CLONE],
  ['second-registry', [REGISTRY], ['127.0.0.1:5000:5000', '127.0.0.1:8080:8080'], CLONE],
])(
  'project %s of %j gives no warning, and publishes %j',
  async (name, files, ports, env: NodeJS.ProcessEnv = {}) => {
    const { config, warnings } = await configOf(files, { REGISTRY_HTTP_SECRET: 'secret', ...env });
    expect(warnings).toBe('');
    expect(config.name).toBe(name);
    const published = Object.values<{ ports: Record<string, string>[] }>(config.services)
      .flatMap((service) => service.ports)
      .map(({ host_ip = '', published, target }) => `${host_ip}:${published}:${target}`);
    expect(published.sort()).toEqual([...ports].sort());
  },
);

test('the stack has both services on my-network, with the API’s credentials, not the host user’s name', async () => {
  const env = { USERNAME: 'desktop', API_USERNAME: 'zoë', API_PASSWORD: 'x', EDITOR_PASSWORD: 'y' };
  const { config } = await configOf(['docker-compose.yml'], env);
  for (const name of ['simple-api', 'website']) {
    expect(config.services[name]).toMatchObject({
      networks: { 'my-network': null },
      environment: { API_USERNAME: 'zoë', API_PASSWORD: 'x' },
    });
  }
  expect(config.services['simple-api'].environment).toMatchObject({ EDITOR_PASSWORD: 'y' });
  expect(JSON.stringify(config.services.website)).not.toContain('EDITOR');
  expect(JSON.stringify(config)).not.toContain('desktop');
});

test('the stack mounts the list’s folder, and makes none where there is none', async () => {
  const { config } = await configOf(['docker-compose.yml']);
  const [mount] = config.services['simple-api'].volumes;
  expect(mount).toMatchObject({ type: 'bind', target: '/data' });
  expect(mount.read_only ?? false).toBe(false);
  expect(mount.bind.create_host_path ?? false).toBe(false);
});

test.each([
  ['', [REGISTRY]],
  [' with TLS', [REGISTRY, SECURE]],
])('no health check of the registry%s asks a proxy', async (_with, files) => {
  const { config } = await configOf(files, { REGISTRY_HTTP_SECRET: 'secret' });
  for (const service of ['registry', 'registry-ui']) {
    const { test } = config.services[service].healthcheck;
    expect(test).toEqual(expect.arrayContaining(['wget', '-Y', 'off']));
  }
});

test('what opens the registry with accounts to the network does not open the one without', async () => {
  const env = { REGISTRY_BIND: '0.0.0.0', REGISTRY_HTTP_SECRET: 'secret' };
  const { config } = await configOf([REGISTRY], env);
  expect(config.services.registry.ports[0].host_ip).toBe('127.0.0.1');
  expect((await configOf([REGISTRY, SECURE], env)).config.services.registry.ports).toMatchObject([
    { host_ip: '0.0.0.0' },
  ]);
});

test('the containers of two clones have different names', async () => {
  const names = async (env: NodeJS.ProcessEnv) =>
    Object.values<{ container_name: string }>((await configOf([REGISTRY], env)).config.services)
      .map((service) => service.container_name)
      .sort();
  expect(await names({})).toEqual(['private-registry', 'registry-ui']);
  expect(await names(CLONE)).toEqual(['second-private-registry', 'second-registry-ui']);
});

test.each([
  "'pa$word1'",
  `'a"b\`c#d e\\f '`,
  "'plain' # why",
  '"it\'s # plain"',
  'plain # why',
  'é😀!%&/()=:b',
])('the password %s in .env means the same to Compose as to npm start', async (value) => {
  const folder = await mkdtemp(join(tmpdir(), 'env-file-'));
  try {
    const line = `API_PASSWORD=${value}\n`;
    const file = join(folder, '.env');
    await writeFile(file, line);
    const { config } = await configOf(['docker-compose.yml'], {}, file);
    const { API_PASSWORD = '' } = parseEnv(line);
    // As Compose prints it, a dollar sign is doubled.
    const password = config.services.website.environment.API_PASSWORD.replaceAll('$$', '$');
    expect(password).toBe(API_PASSWORD);
  } finally {
    await rm(folder, { recursive: true });
  }
});
