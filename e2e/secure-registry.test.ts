import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { launchChromium } from './browser';
import { docker, exec, inspect, PREFIX } from './docker';
import { documentedCommands } from './documented-commands';
import { eventually } from './eventually';
import { createSecureRegistry, type SecureRegistry, storedBytes, whyNoUi } from './registry';
import {
  type Account,
  createRegistryClient,
  type Descriptor,
  type Image,
  makeImage,
  type Question,
  type RegistryClient,
} from './registry-client';
import { basicAuth } from './stack';

const documented = (heading: string, part: string) =>
  documentedCommands('docs/deploy.md', heading, part);

const NETWORK = 'A registry for a network';
const VARIABLES = documented(NETWORK, 'export COMPOSE_FILE');
const ENVIRONMENT = documented(NETWORK, 'REGISTRY_HTTP_SECRET');
const CERTIFICATE = documented(NETWORK, 'openssl req');
const START = documented(NETWORK, 'up -d').trim();
const ADD_ALICE = documented('Accounts', 'registry-account.mjs alice');
const REMOVE_ALICE = documented('Accounts', '--remove');

const CERT = 'registry/tls.crt';

const ALICE = { username: 'alice', password: 'pä55:wörd "$x' };
const BOB = { username: 'bob', password: 'a password of bob' };

let registry: SecureRegistry;
let client: RegistryClient;

/** Runs documented commands, with this registry's own name, address and port. */
const run = (commands: string, input?: string) =>
  registry.sh(
    `${VARIABLES}
    export REGISTRY_HOST=localhost REGISTRY_IP=127.0.0.1 REGISTRY_PORT=${registry.port}
    ${commands}`,
    input,
  );

const setAccount = ({ username, password }: Account) =>
  run(ADD_ALICE.replace('alice', username), `${password}\n`);

const removeAccount = ({ username }: Account) => run(REMOVE_ALICE.replace('alice', username));

beforeAll(async () => {
  registry = await createSecureRegistry('secure');
  client = createRegistryClient(registry, ALICE);
  await run(ENVIRONMENT);
  await run(CERTIFICATE);
  await setAccount(ALICE);
  // As on a machine where not root keeps them. (If not root runs this, they are not root's anyway.)
  if (process.getuid?.() === 0) await run('chown -R 1000:1000 registry');
  await run(`${START} --wait registry`); // without the UI, whose image may be out of reach
});
afterAll(() => registry.down());

const REPOSITORY = `${PREFIX}-platforms`;

const status = async (path: string, question?: Question) =>
  (await client.ask(path, question)).status;

/** Runs the Docker client with the credentials of a configuration of its own. */
const dockerAs = (who: 'alice' | 'nobody', command: string, input?: string) =>
  registry.sh(
    // Where the engine is stands in the configuration that this replaces.
    `export DOCKER_HOST="$(docker context inspect --format '{{.Endpoints.docker.Host}}')"
    export DOCKER_CONFIG="$PWD/${who}"
    docker ${command}`,
    input,
  );

describe('the two compose files', () => {
  test('go together without a warning, and publish the registry once, its UI here only', async () => {
    const files = ['docker-compose-registry.yml', 'docker-compose-registry-secure.yml'];
    const { stdout, stderr } = await docker(
      ['compose', '--env-file', '/dev/null', ...files.flatMap((file) => ['--file', file])].concat([
        'config',
        '--format',
        'json',
      ]),
      { REGISTRY_HTTP_SECRET: 'secret' },
    );
    expect(stderr).toBe('');
    const { services } = JSON.parse(stdout);
    expect(services.registry.ports).toEqual([
      expect.objectContaining({ host_ip: '0.0.0.0', published: '5000', target: 5000 }),
    ]);
    const { ports, environment } = services['registry-ui'];
    expect(ports).toEqual([
      expect.objectContaining({ host_ip: '127.0.0.1', published: '8080', target: 8080 }),
    ]);
    expect(environment).toMatchObject({ NGINX_PROXY_PASS_URL: 'https://registry:5000' });
  });

  describe('do not start a registry without', () => {
    let incomplete: SecureRegistry;
    beforeAll(async () => {
      incomplete = await createSecureRegistry('incomplete');
    });
    afterAll(() => incomplete.down());

    const create = () => incomplete.compose('up', '--detach', '--wait', 'registry');

    test('the secret', async () => {
      await expect(create()).rejects.toThrow('REGISTRY_HTTP_SECRET is missing a value');
    });

    test.each([
      ['certificate', 'registry/tls.crt'],
      ['key', 'registry/tls.key'],
      ['accounts', 'registry/accounts'],
    ])('the %s, nor make a folder where it should be', async (_what, path) => {
      await incomplete.sh('echo REGISTRY_HTTP_SECRET=secret > .env');
      await incomplete.sh('mkdir -p registry/accounts; touch registry/tls.crt registry/tls.key');
      await rm(join(incomplete.folder, path), { recursive: true });
      await expect(create()).rejects.toThrow(`does not exist: ${join(incomplete.folder, path)}`);
      expect(existsSync(join(incomplete.folder, path))).toBe(false);
    });

    test('a file of accounts, nor invent one', async () => {
      const accounts = join(incomplete.folder, 'registry/accounts');
      await mkdir(accounts, { recursive: true });
      await expect(create()).rejects.toThrow();
      const { stdout } = await incomplete.compose('logs', 'registry');
      expect(stdout).toContain('htpasswd: read-only file system');
      expect(stdout).not.toMatch(/password=|provisioning/);
      expect(existsSync(join(accounts, 'htpasswd'))).toBe(false);
    });
  });
});

describe('TLS', () => {
  test.each(['localhost', '127.0.0.1'])('has a certificate for %s', async (name) => {
    expect(await status(`https://${name}:${registry.port}/v2/`, { account: ALICE })).toBe(200);
  });

  /** Shakes hands with a version of TLS that the client insists on. */
  async function handshake(version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> {
    const socket = connect({
      ...{
        host: '127.0.0.1',
        port: registry.port,
        ca: await readFile(join(registry.folder, CERT)),
      },
      ...{ minVersion: version, maxVersion: version },
      ciphers: 'DEFAULT@SECLEVEL=0', // else OpenSSL itself would not offer the old ones
    });
    try {
      await once(socket, 'secureConnect');
      return socket.getProtocol();
    } finally {
      socket.destroy();
    }
  }

  test('is 1.2 or newer', async () => {
    await expect(handshake('TLSv1.1')).rejects.toThrow(/alert protocol version/);
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
  });

  test('is the only way in: plain HTTP is refused, with an account too', async () => {
    const headers = { Authorization: basicAuth(ALICE) };
    const answer = await fetch(`http://${registry.host}/v2/_catalog`, { headers });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('HTTP request to an HTTPS server');
  });
});

describe('an image pushed by an account', () => {
  const name = () => `${registry.host}/${REPOSITORY}`;
  let pushed: Descriptor;
  beforeAll(async () => {
    pushed = await client.pushIndex(REPOSITORY, '1.0');
  });

  // First, because what the engine has once pulled it does not ask the registry for.
  test('is not pulled without one', async () => {
    const pull = dockerAs('nobody', `pull ${name()}@${pushed.digest}`);
    await expect(pull).rejects.toThrow('no basic auth credentials');
  });

  test('is pulled by its digest after a login', async () => {
    const login = `login --username alice --password-stdin ${registry.host}`;
    await dockerAs('alice', login, ALICE.password);
    await dockerAs('alice', `pull ${name()}@${pushed.digest}`);
    expect(await inspect(`${name()}@${pushed.digest}`, '{{.RepoDigests}}')).toContain(name());
  });

  test('is only pushed after a login', async () => {
    const image = `${registry.host}/${PREFIX}-pushed:1.0`;
    await docker(['tag', 'registry:2', image]);
    const push = dockerAs('nobody', `push ${image}`);
    await expect(push).rejects.toThrow('no basic auth credentials');
    const tags = `/v2/${PREFIX}-pushed/tags/list`;
    expect(await status(tags, { account: ALICE })).toBe(404);

    await dockerAs('alice', `push ${image}`);
    expect(await status(tags, { account: ALICE })).toBe(200);
  });

  test('is listed for the account', async () => {
    const { body } = await client.ask('/v2/_catalog', { account: ALICE });
    expect(JSON.parse(body.toString()).repositories).toContain(REPOSITORY);
  });

  describe.each([
    ['no account', undefined],
    ['an unknown account', BOB],
    ['a wrong password', { ...ALICE, password: `${ALICE.password}x` }],
    ['an empty password', { ...ALICE, password: '' }],
  ])('with %s', (_case, account) => {
    test.each([
      ['GET', '/v2/'],
      ['GET', '/v2/_catalog'],
      ['GET', `/v2/${REPOSITORY}/tags/list`],
      ['GET', `/v2/${REPOSITORY}/manifests/1.0`],
      ['HEAD', `/v2/${REPOSITORY}/manifests/1.0`],
      ['PUT', `/v2/${REPOSITORY}/manifests/2.0`],
      ['DELETE', `/v2/${REPOSITORY}/manifests/sha256:${'0'.repeat(64)}`],
      ['GET', `/v2/${REPOSITORY}/blobs/sha256:${'0'.repeat(64)}`],
      ['POST', `/v2/${REPOSITORY}/blobs/uploads/`],
    ])('%s %s is refused', async (method, path) => {
      const answer = await client.ask(path, { method, ...(account && { account }) });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="Registry"');
      expect(answer.body.toString()).toMatch(method === 'HEAD' ? /^$/ : /"code":"UNAUTHORIZED"/);
    });
  });
});

describe('the container', () => {
  test('serves with a key that its owner alone may read, who is not root', async () => {
    const { mode, uid } = await stat(join(registry.folder, 'registry/tls.key'));
    expect(mode & 0o777).toBe(0o600);
    expect(uid).not.toBe(0);
  });

  test.each([
    ['CapEff', '0000000000000002'], // DAC_OVERRIDE
    ['CapBnd', '0000000000000002'],
    ['NoNewPrivs', '1'],
  ])('has one capability of root and gains none: %s', async (name, value) => {
    const lines = (await exec(registry.container, 'cat', '/proc/1/status')).split('\n');
    expect(lines).toContain(`${name}:\t${value}`);
  });

  test.each(['/', '/etc/registry/accounts', '/etc/registry/tls.key'])(
    'may not write %s',
    async (path) => {
      const touch = exec(registry.container, 'touch', path.endsWith('key') ? path : `${path}/new`);
      await expect(touch).rejects.toThrow('Read-only file system');
    },
  );

  test('deletes uploads that were broken off', async () => {
    const environment = await inspect(registry.container, '{{json .Config.Env}}');
    const purging = '{enabled: true, age: 24h, interval: 24h, dryrun: false}';
    expect(JSON.parse(environment)).toContain(
      `REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING=${purging}`,
    );
    // The first time within the hour.
    const { stderr } = await docker(['logs', registry.container]);
    expect(stderr).toMatch(/Starting upload purge in \d/);
  });

  test('has a health check that fails when the registry hangs', async () => {
    const check = JSON.parse(await inspect(registry.container, '{{json .Config.Healthcheck}}'));
    const [, ...command] = check.Test;
    const ask = () => exec(registry.container, 'timeout', '3', ...command);
    await ask();
    await docker(['kill', '--signal', 'STOP', registry.container]);
    try {
      await expect(ask()).rejects.toThrow();
    } finally {
      await docker(['kill', '--signal', 'CONT', registry.container]);
    }
    await ask();
  });

  test('takes a new certificate and goes on with an upload after a restart', async () => {
    const upload = await client.ask(`/v2/${REPOSITORY}/blobs/uploads/`, {
      method: 'POST',
      account: ALICE,
    });
    const before = await readFile(join(registry.folder, CERT));
    await run('mv registry/tls.crt old.crt; mv registry/tls.key old.key');
    await run(CERTIFICATE);
    await run('docker compose restart registry');
    await run('docker compose up -d --wait registry');

    expect(await readFile(join(registry.folder, CERT))).not.toEqual(before);
    const path = upload.headers.location ?? '';
    const body = Buffer.from('a layer');
    expect(await status(path, { method: 'PATCH', account: ALICE, body })).toBe(202);
  });
});

describe('accounts', () => {
  const FILE = 'registry/accounts/htpasswd';
  const accounts = () => readFile(join(registry.folder, FILE), 'utf8');
  const statusFor = (account: Account) => status('/v2/', { account });

  test('are added, changed and removed without a restart', async () => {
    const started = await inspect(registry.container, '{{.State.StartedAt}}');
    const changed = { ...BOB, password: 'another password' };

    expect(await statusFor(BOB)).toBe(401);
    expect((await setAccount(BOB)).stdout).toBe('Added bob.\n');
    expect(await statusFor(BOB)).toBe(200);
    expect((await setAccount(changed)).stdout).toBe('Changed bob.\n');
    expect(await statusFor(BOB)).toBe(401);
    expect(await statusFor(changed)).toBe(200);
    expect((await removeAccount(BOB)).stdout).toBe('Removed bob.\n');
    expect(await statusFor(changed)).toBe(401);

    expect(await statusFor(ALICE)).toBe(200);
    expect(await inspect(registry.container, '{{.State.StartedAt}}')).toBe(started);
  });

  test('may all be removed, and then nobody gets in', async () => {
    const { stdout } = await removeAccount(ALICE);
    expect(stdout).toBe('Removed alice.\nNo account is left: nobody can use the registry now.\n');
    expect(await statusFor(ALICE)).toBe(401);
    expect(await status('/v2/')).toBe(401);
    await setAccount(ALICE);
    expect(await statusFor(ALICE)).toBe(200);
  });

  test('are kept as bcrypt hashes, for their owner alone', async () => {
    expect(await accounts()).toMatch(/^alice:\$2[aby]\$1[0-2]\$[./A-Za-z0-9]{53}\n$/);
    expect((await stat(join(registry.folder, FILE))).mode & 0o777).toBe(0o600);
    expect((await stat(join(registry.folder, 'registry/accounts'))).mode & 0o777).toBe(0o700);
  });

  const NAME = /^A name consists of .*\n$/;
  test.each([
    ['without a name', [], '', /^Usage: node scripts\/registry-account.mjs .*\n$/],
    ['of two names', ['a', 'b'], '', /^Usage: /],
    ['with a colon in the name', ['a:b'], '', NAME],
    ['with an empty name', ["''"], '', NAME],
    ['with a line break in the name', ["'a\nb'"], '', NAME],
    ['of a comment', ["'#a'"], '', NAME],
    ['with an unknown option', ['--delete', 'alice'], '', /^Unknown option '--delete'/],
    ['with a short password', ['a'], '1234567\n', /^A password has at least 8 characters.\n$/],
    ['with a long password', ['a'], 'ä'.repeat(37), /^A password has at most 72 bytes.\n$/],
    ['with two lines', ['a'], '12345678\n12345678\n', /^A password has no control characters.\n$/],
    ['of one that is not there', ['--remove', 'ali'], '', /^There is no account ali in .*\n$/],
  ])('are not changed %s', async (_case, args, input, message) => {
    const before = await accounts();
    const command = ADD_ALICE.replace('alice', args.join(' ')).trim();
    // Of what failed, the message alone.
    const { stderr } = await run(`${command} && exit 1 || [ $? -eq 1 ]`, input);
    expect(stderr).toMatch(message);
    expect(await accounts()).toBe(before);
  });

  test('are changed by one at a time', async () => {
    const before = await accounts();
    await run(`touch ${FILE}.new`);
    await expect(setAccount(BOB)).rejects.toThrow(
      `Another change is under way. If it is not, remove ${FILE}.new and try again.`,
    );
    expect(await accounts()).toBe(before);
    await run(`rm ${FILE}.new`);
  });

  test('are changed as a whole or not at all: in a new file', async () => {
    const before = await accounts();
    await run(`ln ${FILE} before`);
    await setAccount(BOB);
    expect(await readFile(join(registry.folder, 'before'), 'utf8')).toBe(before);
    await removeAccount(BOB);
    expect(await accounts()).toBe(before);
  });

  const noTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
    'util-linux',
  )
    ? undefined
    : 'there is no `script` of util-linux';
  if (noTerminal) console.log(`Skipped, the password on a terminal: ${noTerminal}`);
  (noTerminal ? test.skip : test)('ask for the password twice, and do not show it', async () => {
    const command = ['-qec', ADD_ALICE.replace('alice', 'carol').trim(), '/dev/null'];
    const terminal = spawn('script', command, { cwd: registry.folder });
    let shown = '';
    terminal.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    for (const prompt of ['Password: ', 'Once more: ']) {
      await eventually(10_000, () => expect(shown).toContain(prompt));
      terminal.stdin.write('a secret\n');
    }
    const [code] = await once(terminal, 'close');
    expect({ code, shown }).toEqual({
      code: 0,
      shown: 'Password: \r\nOnce more: \r\nAdded carol.\r\n',
    });
    expect(await statusFor({ username: 'carol', password: 'a secret' })).toBe(200);
    await removeAccount({ username: 'carol', password: '' });
  });
});

test('no secret is in the log', async () => {
  const { stdout, stderr } = await docker(['logs', registry.container]);
  const log = stdout + stderr;
  expect(log).toContain('auth.user.name=alice');

  const read = (file: string) => readFile(join(registry.folder, file), 'utf8');
  const [, secret] = /REGISTRY_HTTP_SECRET="([0-9a-f]{64})"/.exec(await read('.env')) ?? [];
  const [, key] = (await read('registry/tls.key')).split('\n');
  const [, hash] = (await read('registry/accounts/htpasswd')).trim().split(':');
  const [, sent] = basicAuth(ALICE).split(' ');
  for (const text of [secret, key, hash, sent, 'wörd', BOB.password]) {
    expect(text).toBeTruthy();
    expect(log).not.toContain(text);
  }
});

const uiMissing = whyNoUi();
if (uiMissing) console.log(`Skipped, the secure registry's UI: ${uiMissing}`);
(uiMissing ? describe.skip : describe)('the UI', () => {
  beforeAll(async () => {
    await client.pushIndex(REPOSITORY, '1.0');
    await run(`${START} --wait`);
  });

  test.each(['/v2/_catalog', `/v2/${REPOSITORY}/tags/list`])(
    'has no data for those who have no account: %s',
    async (path) => {
      const answer = await fetch(registry.ui + path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Registry"');
      expect(await answer.text()).not.toContain('"name"');
    },
  );

  test('lists the images in the browser of one who signs in with an account', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ httpCredentials: ALICE });
      await page.goto(registry.ui);
      await eventually(10_000, async () => {
        expect(await page.locator('body').innerText()).toContain(REPOSITORY);
      });
    } finally {
      await browser.close();
    }
  });
});

describe('cleaning up next to an image for two platforms', () => {
  const HEADING = 'Clean up the registry';
  const [readOnly = '', collect = '', writable = ''] = documented(HEADING, 'garbage-collect')
    .trim()
    .split('\n');
  let kept: Descriptor;
  let image: Image;
  let gone: Descriptor;
  let bytesBefore: number;
  beforeAll(async () => {
    kept = await client.pushIndex(REPOSITORY, 'kept');
    image = await makeImage('amd64');
    gone = await client.pushImage(REPOSITORY, image, 'gone');
    bytesBefore = await storedBytes(registry.container, 'blobs');

    const which = documented(HEADING, 'export IMAGE')
      .replace('IMAGE=api', `IMAGE=${REPOSITORY}`)
      .replace('TAG=1.0', 'TAG=gone');
    const { stdout } = await run(which + documented(HEADING, '-fsSI'), `${ALICE.password}\n`);
    const [, digest] = /^docker-content-digest: (\S+)/m.exec(stdout) ?? [];
    expect(digest).toBe(gone.digest);
    await run(`${which}DIGEST=${digest}\n${documented(HEADING, 'DELETE')}`, `${ALICE.password}\n`);
  });

  test('it is read-only: pulls go on, pushes and deletions are refused', async () => {
    await run(readOnly);
    const uploads = `/v2/${REPOSITORY}/blobs/uploads/`;
    const manifest = `/v2/${REPOSITORY}/manifests/${kept.digest}`;
    expect(await status(uploads, { method: 'POST', account: ALICE })).toBe(405);
    expect(await status(manifest, { method: 'DELETE', account: ALICE })).toBe(405);
    await client.download(REPOSITORY, kept.digest);
  });

  test('the space of the deleted image is freed', async () => {
    await run(collect);
    await run(writable);
    expect((await client.askForManifest(REPOSITORY, 'gone')).status).toBe(404);
    expect((await client.askForManifest(REPOSITORY, gone.digest)).status).toBe(404);
    expect(bytesBefore - (await storedBytes(registry.container, 'blobs'))).toBe(
      gone.size + image.config.length + image.layer.length,
    );
  });

  test('the image for two platforms is whole, under its tag', async () => {
    const { headers } = await client.askForManifest(REPOSITORY, 'kept');
    expect(headers['docker-content-digest']).toBe(kept.digest);
    await client.download(REPOSITORY, kept.digest);
  });

  test('the deleted image can be pushed and pulled again', async () => {
    await client.pushImage(REPOSITORY, image, 'gone');
    await client.download(REPOSITORY, gone.digest);
  });
});

describe('a backup', () => {
  const HEADING = 'Back up and restore the registry';

  test('is restored into an empty volume, and its images are pulled by digest', async () => {
    const { digest } = await client.pushIndex(REPOSITORY, 'backed-up');
    await run(documented(HEADING, '-cf'));
    const uploads = `/v2/${REPOSITORY}/blobs/uploads/`;
    expect(await status(uploads, { method: 'POST', account: ALICE })).toBe(202); // not read-only

    await run('docker compose down --volumes');
    const volume = `${PREFIX}-secure_registry-data`;
    await expect(docker(['volume', 'inspect', volume])).rejects.toThrow(/no such volume/i);
    await run(documented(HEADING, '-xf'));

    expect(await inspect(registry.container, '{{json .Mounts}}')).toContain(volume);
    await client.download(REPOSITORY, digest);
    await dockerAs('alice', `pull ${registry.host}/${REPOSITORY}@${digest}`);
  });
});
