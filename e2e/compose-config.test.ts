import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from '@jest/globals';
import { docker } from './docker';

const REGISTRY = ['docker-compose-registry.yml'];
const SECURE = [...REGISTRY, 'docker-compose-registry-secure.yml'];
const STACK = ['docker-compose.yml'];

async function configOf(files: string[], env: NodeJS.ProcessEnv = {}, envFile = '/dev/null') {
  const args = ['compose', '--env-file', envFile, ...files.flatMap((file) => ['--file', file])];
  const all = { REGISTRY_HTTP_SECRET: 'secret', ...env };
  const { stdout, stderr } = await docker([...args, 'config', '--format', 'json'], all);
  return { config: JSON.parse(stdout), warnings: stderr };
}

const API = '127.0.0.1:5000:5000';
const UI = '127.0.0.1:8080:8080';
test.each<[string, string[], string[], NodeJS.ProcessEnv, string[]]>([
  ['student-list', STACK, [API, ':80:3000'], {}, []],
  ['student-list', STACK, [API, '127.0.0.1:80:3000'], { WEBSITE_BIND: '127.0.0.1' }, []],
  ['second', STACK, [API, ':80:3000'], { STACK_NAME: 'second' }, []],
  // What opens the registry with accounts to the network does not open the one without.
  [
    'student-list-registry',
    REGISTRY,
    [API, UI],
    { REGISTRY_BIND: '0.0.0.0' },
    ['private-registry', 'registry-ui'],
  ],
  [
    'second-registry',
    REGISTRY,
    [API, UI],
    { STACK_NAME: 'second' },
    ['second-private-registry', 'second-registry-ui'],
  ],
  [
    'student-list-registry-secure',
    SECURE,
    ['0.0.0.0:5000:5000', UI],
    {},
    ['private-registry', 'registry-ui'],
  ],
])(
  'project %s of %j gives no warning, and publishes %j; %j',
  async (name, files, ports, env, names) => {
    const { config, warnings } = await configOf(files, env);
    expect(warnings).toBe('');
    expect(config.name).toBe(name);
    const services = Object.values<{ ports: Record<string, string>[]; container_name?: string }>(
      config.services,
    );
    const published = services
      .flatMap((service) => service.ports)
      .map(({ host_ip = '', published, target }) => `${host_ip}:${published}:${target}`);
    expect(published.sort()).toEqual([...ports].sort());
    expect(services.flatMap((service) => service.container_name ?? []).sort()).toEqual(names);
  },
);

test('the stack has both services on my-network, and no more credentials in each than it needs', async () => {
  const env = { USERNAME: 'desktop', API_USERNAME: 'zoë', API_PASSWORD: 'x', EDITOR_PASSWORD: 'y' };
  const { config } = await configOf(STACK, env);
  for (const name of ['simple-api', 'website']) {
    expect(config.services[name]).toMatchObject({
      networks: { 'my-network': null },
      environment: { API_USERNAME: 'zoë', API_PASSWORD: 'x' },
    });
  }
  const editor = { EDITOR_USERNAME: 'editor', EDITOR_PASSWORD: 'y' };
  expect(config.services['simple-api'].environment).toMatchObject(editor);
  expect(JSON.stringify(config.services.website)).not.toContain('EDITOR');
  expect(JSON.stringify(config)).not.toContain('desktop');
});

test('the stack mounts the list’s folder, and makes none where there is none', async () => {
  const [mount] = (await configOf(STACK)).config.services['simple-api'].volumes;
  expect(mount).toMatchObject({ type: 'bind', target: '/data' });
  expect(mount.read_only ?? false).toBe(false);
  expect(mount.bind?.create_host_path ?? false).toBe(false);
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
    const line = `EDITOR_PASSWORD=${value}\n`;
    const file = join(folder, '.env');
    await writeFile(file, line);
    const { config } = await configOf(STACK, {}, file);
    // As Compose prints it, a dollar sign is doubled.
    const password = config.services['simple-api'].environment.EDITOR_PASSWORD.replaceAll(
      '$$',
      '$',
    );
    expect(password).toBe(parseEnv(line)['EDITOR_PASSWORD']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
