import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { basicAuth } from './api';
import { docker, exec, inspect, PREFIX } from './docker';
import { documented } from './documented';
import { createRegistry, type Registry } from './registry';
import { withoutUi } from './registry-ui';

const NETWORK = 'A registry for a network';
const CLEAN_UP = 'Clean up the registry';
const BACK_UP = 'Back up and restore the registry';

const VARIABLES = documented(NETWORK, 'export COMPOSE_FILE');
const CERTIFICATE = documented(NETWORK, 'openssl req');
const START = withoutUi(documented(NETWORK, 'up -d'));
const SET_ACCOUNT = documented('Accounts', 'htpasswd -B');

const ALICE = { username: 'alice', password: 'pä55:wörd "$x' };
const BOB = { username: 'bob', password: 'a password of bob' };
const IMAGE = `${PREFIX}/image`;

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry('secure');
  await run(documented(NETWORK, 'REGISTRY_HTTP_SECRET'));
  await run(CERTIFICATE);
  await run(documented(NETWORK, 'htpasswd'), twice(ALICE.password));
  // As on a machine where not root keeps them. (If not root runs this, they are not root's anyway.)
  if (process.getuid?.() === 0) await run('chown -R 1000:1000 registry');
  await run(START);
});
afterAll(() => registry.down());

/** Runs documented commands, with this registry's own name, address and port. */
const run = (commands: string, input?: string) =>
  registry.sh(
    `${VARIABLES}
    export REGISTRY_HOST=localhost REGISTRY_IP=127.0.0.1 REGISTRY_PORT=${registry.port}
    ${commands}`,
    input,
  );

/** Runs the Docker client with credentials of its own. */
const dockerAsAlice = (command: string, input?: string) =>
  registry.sh(
    // Where the engine is stands in the configuration that this replaces.
    `export DOCKER_HOST="$(docker context inspect --format '{{.Endpoints.docker.Host}}')"
    docker --config alice ${command}`,
    input,
  );

/** What `htpasswd` asks for. */
const twice = (password: string) => `${password}\n${password}\n`;

/** Asks the registry over TLS, trusting only its own certificate. */
async function statusOf(path: string, account?: typeof ALICE, method = 'GET'): Promise<number> {
  const user = account && `--user '${account.username}:${account.password}'`;
  const curl = `curl -s --cacert registry/tls.crt ${user ?? ''} -X ${method}`;
  const url = `https://localhost:${registry.port}/v2/${path}`;
  const { stdout } = await run(`${curl} -o /dev/null -w '%{http_code}' ${url}`);
  return Number(stdout);
}
const UPLOADS = `${IMAGE}/blobs/uploads/`;

/** Makes and pushes an image that shares nothing with any other. */
async function push(tag: string): Promise<string> {
  const name = `${registry.prefix}image:${tag}`;
  const create = `head -c 1000000 /dev/urandom > random; tar -c random | docker import - ${name}`;
  await registry.sh(create);
  await dockerAsAlice(`push ${name}`);
  return name;
}

/** Pulls an image, of which nothing is on this machine any more. */
async function pull(name: string): Promise<void> {
  await docker(['rmi', name]);
  await dockerAsAlice(`pull ${name}`);
}

test.each([
  ['.env', 'REGISTRY_HTTP_SECRET is missing a value'],
  ['registry/tls.crt', 'does not exist'],
  ['registry/tls.key', 'does not exist'],
  ['registry/accounts', 'does not exist'],
  ['registry/accounts/htpasswd', 'private-registry'], // the container is not healthy
])('without %s, nothing starts, and nothing is made in its place', async (path, message) => {
  const incomplete = await createRegistry('incomplete');
  try {
    await incomplete.sh(`mkdir -p registry/accounts; echo REGISTRY_HTTP_SECRET=secret > .env
      touch registry/tls.crt registry/tls.key registry/accounts/htpasswd; rm -r ${path}`);
    await expect(incomplete.sh(VARIABLES + START)).rejects.toThrow(message);
    expect(existsSync(join(incomplete.folder, path))).toBe(false);
  } finally {
    await incomplete.down();
  }
});

test.each([
  ['no account', undefined],
  ['an unknown account', BOB],
  ['a wrong password', { ...ALICE, password: 'wrong' }],
])('it is 401 with %s to read, push or delete', async (_case, account) => {
  expect(await statusOf('_catalog', account)).toBe(401);
  expect(await statusOf(UPLOADS, account, 'POST')).toBe(401);
  expect(await statusOf(`${IMAGE}/manifests/1.0`, account, 'DELETE')).toBe(401);
});

test('Docker pushes and pulls after a login', async () => {
  await expect(push('refused')).rejects.toThrow('no basic auth credentials');
  const login = `login -u alice --password-stdin localhost:${registry.port}`;
  await dockerAsAlice(login, ALICE.password);
  await pull(await push('1.0'));
});

test('the registry without accounts does not start beside it, and takes nothing from it', async () => {
  const started = await inspect(registry.container, '{{.State.StartedAt}}');
  const up = registry.sh('docker compose -f docker-compose-registry.yml up -d registry');
  await expect(up).rejects.toThrow('already in use');
  expect(await inspect(registry.container, '{{.State.StartedAt}}')).toBe(started);
  expect([await statusOf(''), await statusOf('', ALICE)]).toEqual([401, 200]);
});

test('plain HTTP is refused', async () => {
  const headers = { Authorization: basicAuth(ALICE) };
  const res = await fetch(`http://localhost:${registry.port}/v2/_catalog`, { headers });
  expect(res.status).toBe(400);
});

test('accounts are added, changed and removed without a restart, as bcrypt hashes', async () => {
  const started = await inspect(registry.container, '{{.State.StartedAt}}');
  const changed = { ...BOB, password: 'another password' };
  await run(SET_ACCOUNT, twice(BOB.password));
  expect(await statusOf('', BOB)).toBe(200);
  await run(SET_ACCOUNT, twice(changed.password));
  expect([await statusOf('', BOB), await statusOf('', changed)]).toEqual([401, 200]);
  const accounts = await readFile(join(registry.folder, 'registry/accounts/htpasswd'), 'utf8');
  expect(accounts).toMatch(/^alice:\$2y\$10\$\S{53}\nbob:\$2y\$10\$\S{53}\n$/);

  await run(documented('Accounts', 'htpasswd -D'));
  expect([await statusOf('', changed), await statusOf('', ALICE)]).toEqual([401, 200]);
  expect(await inspect(registry.container, '{{.State.StartedAt}}')).toBe(started);
});

test('no secret is in the log', async () => {
  const env = await readFile(join(registry.folder, '.env'), 'utf8');
  const [, secret] = /REGISTRY_HTTP_SECRET='([0-9a-f]{64})'/.exec(env) ?? [];
  const { stdout, stderr } = await docker(['logs', registry.container]);
  expect(stdout + stderr).toContain('authorized request');
  for (const text of [secret, basicAuth(ALICE).slice('Basic '.length), 'wörd']) {
    expect(text).toBeTruthy();
    expect(stdout + stderr).not.toContain(text);
  }
});

test('the container has one capability, DAC_OVERRIDE, for a key that its owner alone may read', async () => {
  const { mode, uid } = await stat(join(registry.folder, 'registry/tls.key'));
  expect([mode & 0o777, uid !== 0]).toEqual([0o600, true]);
  const status = await exec(registry.container, 'cat', '/proc/1/status');
  expect(status).toMatch(/CapEff:\t0{15}2\nCapBnd:\t0{15}2\n/);
  expect(status).toContain('NoNewPrivs:\t1\n');
});

test.each(['/', '/etc/registry/accounts'])('the container may not write %s', async (folder) => {
  const touch = exec(registry.container, 'touch', join(folder, 'new'));
  await expect(touch).rejects.toThrow('Read-only file system');
});

test('cleaning up frees the space of what was deleted, and of nothing else', async () => {
  const name = await push('gone');
  const usage = ['du', '-s', '-k', '/var/lib/registry'];
  const used = async () => Number.parseInt(await exec(registry.container, ...usage), 10);
  const before = await used();
  await run(`curl() { printf '%s\\n' '${ALICE.password}' | command curl "$@"; }
    ${documented(CLEAN_UP, 'ask() { curl -fsS -u')}
    IMAGE=${IMAGE} TAG=gone
    ${documented(CLEAN_UP, 'jq')}
    ${documented(CLEAN_UP, 'DELETE')}`);
  const [readOnly = '', ...collect] = documented(CLEAN_UP, 'garbage-collect').split('\n');
  await run(readOnly);
  expect(await statusOf(UPLOADS, ALICE, 'POST')).toBe(405);
  await run(collect.join('\n'));

  expect(await statusOf(`${IMAGE}/manifests/gone`, ALICE)).toBe(404);
  expect(before - (await used())).toBeGreaterThan(900);
  await pull(`${registry.prefix}image:1.0`);
  await dockerAsAlice(`push ${name}`);
  await pull(name);
});

test('a backup is restored into an empty volume', async () => {
  await run(documented(BACK_UP, '-cf'));
  expect(await statusOf(UPLOADS, ALICE, 'POST')).toBe(202); // not read-only
  await run('docker compose down --volumes');
  await run(withoutUi(documented(BACK_UP, '-xf')));
  await pull(`${registry.prefix}image:1.0`);
});
