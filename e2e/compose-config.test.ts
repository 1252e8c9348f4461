import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from '@jest/globals';
import { docker, ROOT } from './docker';

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
const BOTH = [API, '127.0.0.1:8080:8080'];
const NAMES = 'private-registry registry-ui';
const SECOND = 'STACK_NAME=second';
test.each<[string, string[], string[], string, string]>([
  ['student-list', STACK, [API, ':80:3000'], '', ''],
  ['student-list', STACK, [API, '127.0.0.1:80:3000'], 'WEBSITE_BIND=127.0.0.1', ''],
  ['second', STACK, [API, ':80:3000'], SECOND, ''],
  // What opens the registry with accounts to the network does not open the one without.
  ['student-list-registry', REGISTRY, BOTH, 'REGISTRY_BIND=0.0.0.0', NAMES],
  ['second-registry', REGISTRY, BOTH, SECOND, NAMES.replace(/\w+-/g, 'second-$&')],
  ['student-list-registry-secure', SECURE, ['0.0.0.0:5000:5000', BOTH[1] ?? ''], '', NAMES],
])('project %s of %j has ports %j; %s', async (name, files, ports, env, named) => {
  const { config, warnings } = await configOf(files, parseEnv(env));
  expect(warnings).toBe('');
  expect(config.name).toBe(name);
  // A registry with a CORS header would let pages of any origin read, and delete.
  expect(JSON.stringify(config)).not.toMatch(/Access-Control/i);
  type Service = { ports: Record<string, string>[]; container_name?: string };
  const services = Object.values<Service>(config.services);
  const published = services
    .flatMap((service) => service.ports)
    .map(({ host_ip = '', published, target }) => `${host_ip}:${published}:${target}`);
  expect(published.sort()).toEqual([...ports].sort());
  const names = services.flatMap(({ container_name }) => container_name ?? []);
  expect(names.sort().join(' ')).toBe(named);
});

test("a label names the UI's front: with another one, Compose replaces the running container", async () => {
  const file = await readFile(join(ROOT, REGISTRY[0] ?? ''), 'utf8');
  const [, front = ''] = /registry-ui-front:\n {4}content: \|\n((?: {6}.*\n)+)/.exec(file) ?? [];
  const { config } = await configOf(REGISTRY);
  const { front: label } = config.services['registry-ui'].labels;
  expect(label).toBe(createHash('sha256').update(front).digest('hex').slice(0, 12));
});

test('each service has the network, the limits and the credentials that it needs, and the API the list', async () => {
  const editor = { EDITOR_USERNAME_FILE: '/run/secrets/name', EDITOR_PASSWORD: 'y' };
  const database = { DATABASE_URL: 'postgres://z@z/z', DATABASE_PASSWORD: 'z' };
  const reader = { API_USERNAME: 'zoë', API_PASSWORD_FILE: '/x' };
  const env = { USERNAME: 'desktop', LIST_FOLDER: './list', ...reader, ...editor, ...database };
  const { config } = await configOf(STACK, env);
  for (const name of ['simple-api', 'website']) {
    expect(config.services[name]).toMatchObject({
      networks: { 'my-network': null },
      // Null is not set: nothing is beside the file.
      environment: { ...reader, API_PASSWORD: null },
      ...{ init: true, cpus: 1, mem_limit: String(512 * 1024 ** 2), pids_limit: 64 },
    });
  }
  expect(config.services['simple-api'].environment).toMatchObject({ ...editor, ...database });
  expect(JSON.stringify(config.services.website)).not.toMatch(/EDITOR|DATABASE/);
  expect(JSON.stringify(config)).not.toContain('desktop');
  const [mount] = config.services['simple-api'].volumes;
  expect(mount).toMatchObject({ type: 'bind', source: join(ROOT, 'list'), target: '/data' });
  // Where there is no such folder, none is made.
  expect([mount.read_only ?? false, mount.bind?.create_host_path ?? false]).toEqual([false, false]);
});

test('a password in .env means the same to Compose as to npm start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'env-file-'));
  const file = join(folder, '.env');
  try {
    for (const value of [`'$w"\`1#d e\\f '`, "'plain' # why", '"it\'s # "', 'é😀!%&/(=:b #']) {
      const line = `EDITOR_PASSWORD=${value}\n`;
      await writeFile(file, line);
      const { services } = (await configOf(STACK, {}, file)).config;
      const { EDITOR_PASSWORD } = services['simple-api'].environment;
      // As Compose prints it, a dollar sign is doubled.
      expect(EDITOR_PASSWORD.replaceAll('$$', '$')).toBe(parseEnv(line)['EDITOR_PASSWORD']);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
