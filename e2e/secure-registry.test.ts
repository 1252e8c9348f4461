import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { basicAuth } from './api';
import { docker, exec, PREFIX } from './docker';
import { documented } from './documented';
import { createRegistry, type Registry, withoutUi } from './registry';

const NETWORK = 'A registry for a network';
const CLEAN_UP = 'Clean up the registry';

const VARIABLES = documented(NETWORK, 'export COMPOSE_FILE');
const START = withoutUi(documented(NETWORK, 'up -d'));
const SET_ACCOUNT = documented('Accounts', 'htpasswd -B');

const ALICE = { username: 'alice', password: 'pä55:wörd "$x' };
const BOB = { username: 'bob', password: 'a password of bob' };
const IMAGE = `${PREFIX}/image`;
const UPLOADS = `${IMAGE}/blobs/uploads/`;

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry('secure');
  await run(documented(NETWORK, 'REGISTRY_HTTP_SECRET'));
  await run(documented(NETWORK, 'openssl req'));
  await run(documented(NETWORK, 'htpasswd'), twice(ALICE.password));
  // As on a machine where not root keeps them. (If not root runs this, they are not root's anyway.)
  if (process.getuid?.() === 0) await run('chown -R 1000:1000 registry');
  await run(START);
});
afterAll(() => registry?.down());

/**
 * Runs documented commands, with this registry's own name, address and port, and with `client`, a Docker
 * client that has credentials of its own. (Where the engine is stands in what that replaces.)
 */
const run = (commands: string, input?: string) =>
  registry.sh(
    `${VARIABLES}
    export DOCKER_HOST="$(docker context inspect --format '{{.Endpoints.docker.Host}}')"
    export REGISTRY_HOST=localhost REGISTRY_IP=127.0.0.1 REGISTRY_PORT=${registry.port}
    client() { docker --config alice "$@"; }
    ${commands}`,
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

/** Commands that make and push an image that shares nothing with any other. */
const push = (tag: string, name = `${registry.prefix}image:${tag}`) =>
  `head -c 1000000 /dev/urandom > random; tar -c random | docker import - ${name}
  client push ${name}; docker rmi ${name}\n`;
const pull = (tag: string) => run(`client pull ${registry.prefix}image:${tag}`);

test.each([
  ['.env', 'REGISTRY_HTTP_SECRET is missing a value'],
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

test('Docker pushes and pulls after a login, over TLS alone; all else is 401', async () => {
  await expect(run(push('refused'))).rejects.toThrow('no basic auth credentials');
  for (const account of [undefined, BOB, { ...ALICE, password: 'wrong' }]) {
    expect(await statusOf('_catalog', account)).toBe(401);
    expect(await statusOf(UPLOADS, account, 'POST')).toBe(401);
    expect(await statusOf(`${IMAGE}/manifests/1.0`, account, 'DELETE')).toBe(401);
  }
  expect((await fetch(`http://localhost:${registry.port}/v2/`)).status).toBe(400);
  const login = `client login -u alice --password-stdin localhost:${registry.port}`;
  await run(login, ALICE.password);
  await run(push('1.0'));
  await pull('1.0');
});

test('accounts are added, changed and removed without a restart, as bcrypt hashes', async () => {
  const { password } = ALICE;
  await run(SET_ACCOUNT, twice(BOB.password));
  expect(await statusOf('', BOB)).toBe(200);
  await run(SET_ACCOUNT, twice(password));
  expect([await statusOf('', BOB), await statusOf('', { ...BOB, password })]).toEqual([401, 200]);
  const accounts = await readFile(join(registry.folder, 'registry/accounts/htpasswd'), 'utf8');
  expect(accounts).toMatch(/^alice:\$2y\$10\$\S{53}\nbob:\$2y\$10\$\S{53}\n$/);
  await run(documented('Accounts', 'htpasswd -D'));
  expect([await statusOf('', { ...BOB, password }), await statusOf('', ALICE)]).toEqual([401, 200]);
});

test('the container has one capability, DAC_OVERRIDE, and logs no secret', async () => {
  const status = await exec(registry.container, 'cat', '/proc/1/status');
  expect(status).toMatch(/CapEff:\t0{15}2\nCapBnd:\t0{15}2\n/);
  const touch = exec(registry.container, 'touch', '/etc/registry/accounts/new');
  await expect(touch).rejects.toThrow('Read-only file system');
  const env = await readFile(join(registry.folder, '.env'), 'utf8');
  const [, secret = 'none'] = /REGISTRY_HTTP_SECRET='([0-9a-f]{64})'/.exec(env) ?? [];
  const { stdout, stderr } = await docker(['logs', registry.container]);
  expect(stdout + stderr).toContain('authorized request');
  for (const text of [secret, basicAuth(ALICE).slice('Basic '.length), 'wörd']) {
    expect(stdout + stderr).not.toContain(text);
  }
});

test('cleaning up, as documented, also once killed, frees what no kept tag needs, and nothing else', async () => {
  const type = 'application/vnd.docker.distribution.manifest';
  const { username, password } = ALICE;
  const ask = `ask() { curl -fsS --cacert registry/tls.crt --user '${username}:${password}' "$@"; }
    MANIFESTS=https://localhost:${registry.port}/v2/${IMAGE}/manifests`;
  const addPart = (tag: string) => `ask -o ${tag} -H 'Accept: ${type}.v2+json' $MANIFESTS/${tag}
    DIGEST=sha256:$(sha256sum <${tag} | cut -d ' ' -f 1) SIZE=$(wc -c <${tag}) FORM=$FORM,$PART
    set -- "$@" "$DIGEST" "$SIZE"\n`;
  await run(push('part') + push('shared'));
  // An index of a part that is about to lose its tag, and of one that keeps it.
  await run(`${ask}
    PART='{"mediaType":"${type}.v2+json","digest":"%s","size":%s}'
    ${addPart('part')}${addPart('shared')}
    printf '{"schemaVersion":2,"mediaType":"${type}.list.v2+json","manifests":['"\${FORM#,}"']}' "$@" >index
    ask -T index -H 'Content-Type: ${type}.list.v2+json' $MANIFESTS/gone; sleep 1
    ask -T shared -H 'Content-Type: ${type}.v2+json' $MANIFESTS/shared`);
  await run(push('part'));
  const keepTwo = `${documented(CLEAN_UP, '--keep 5').trim().replace('5', '2')} --yes`;
  await run(`timeout --signal KILL 2 ${keepTwo} || true; ${keepTwo}`);

  const blobs = 'ls -d /var/lib/registry/docker/registry/v2/blobs/sha256/*/* | wc -l';
  expect(await exec(registry.container, 'sh', '-c', blobs)).toBe('6\n');
  for (const tag of ['gone', '1.0'])
    expect(await statusOf(`${IMAGE}/manifests/${tag}`, ALICE)).toBe(404);
  await run(push('gone'));
  for (const tag of ['shared', 'part', 'gone']) await pull(tag);
});
