import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiAt, SIX, withApi } from './api';
import { docker, exec, inspect, PREFIX, ROOT, run } from './docker';
import { documented } from './documented';
import { eventually } from './eventually';
import { freePort } from './free-port';

const PROJECT = `${PREFIX}-database`;
const FILES = ['docker-compose.yml', 'docker-compose-postgres.yml'];
const IMAGE = 'postgres:17-trixie';

const blockOf = (heading: string, part: string, language?: string) =>
  documented(heading, part, language, 'docs/database.md');

let folder: string;
let ports: { API_PORT: string; WEBSITE_PORT: string };
let api: ReturnType<typeof apiAt>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `${PROJECT}-`));
  for (const file of FILES) await cp(join(ROOT, file), join(folder, file));
  await cp(join(ROOT, 'simple_api/data'), join(folder, 'list'), { recursive: true });
  ports = { API_PORT: String(await freePort()), WEBSITE_PORT: String(await freePort()) };
});
afterAll(async () => {
  await sh('docker compose down --volumes --timeout 2');
  await rm(folder, { recursive: true });
});

/** Runs commands of docs/database.md in a folder that has the compose files, a list and an `.env`. */
const sh = (commands: string, input?: string) => {
  const text = commands.replaceAll('localhost:5000', `localhost:${ports.API_PORT}`);
  const env = { ...ports, STACK_NAME: PROJECT, TAG: 'e2e', IMAGE_PREFIX: `${PREFIX}/` };
  return run(['setsid', '--wait', 'sh', '-ec', text], { cwd: folder, env }, input);
};

const container = (service: string) => `${PROJECT}-${service}-1`;
const psql = async (sql: string) =>
  (await sh('docker compose exec -T database psql -AtU students', sql)).stdout;
const variable = async (name: string) =>
  RegExp(`^${name}='(.+)'$`, 'm').exec(await readFile(join(folder, '.env'), 'utf8'))?.[1] ?? '';
const page = async () => (await fetch(`http://localhost:${ports.WEBSITE_PORT}/students`)).text();
const tagOf = async (path: string) => (await api.ask(path)).etag;

const LISTS = ['/students', '/get_student_ages'];
const ACCESS = blockOf('Bring a list in', 'API=').split('\n')[0] ?? '';

test('without a password nothing starts, and one line says so', async () => {
  const up = sh(`docker compose -f ${FILES.join(' -f ')} up -d`);
  const stderr = expect.stringMatching(
    /^error while .*variable DATABASE_PASSWORD is missing a value: set DATABASE_PASSWORD in \.env, .+\n$/,
  );
  await expect(up).rejects.toMatchObject({ stderr });
});

test('a list comes from a file, in one patch or in several, and goes back to one', async () => {
  await sh(blockOf('Start', 'DATABASE_PASSWORD').replace('--build', '--wait'));
  const account = { username: 'teacher', password: await variable('EDITOR_PASSWORD') };
  api = apiAt(`http://localhost:${ports.API_PORT}`, account);
  expect(await api.getAges()).toEqual({});
  const { stdout } = await sh(blockOf('Bring a list in', '@list/student_age.json'));
  expect(JSON.parse(stdout)).toEqual({ added: 6, changed: 0, removed: 0 });
  expect(await api.getAges()).toEqual(SIX);
  expect(await page()).toMatch(/6 students.*Hiba/s);

  await writeFile(join(folder, 'list/student_age.json'), '{"Zoë": 21, "10": "7", "9\\\\": "7"}');
  const inParts = blockOf('Bring a list in', 'jq').replaceAll('10000', '2');
  expect((await sh(`${ACCESS}\n${inParts}`)).stdout.match(/"added": [12],/g)).toHaveLength(2);
  expect(await api.getAges()).toEqual({ ...SIX, Zoë: 21, 10: '7', '9\\': '7' });

  await sh(`${ACCESS}\n${blockOf('Take the list out', 'jq')}`);
  const file = join(folder, 'student_age.json');
  await withApi(['--volume', `${file}:/data/student_age.json`], async (withFile) => {
    await eventually(async () => expect((await withFile.getList()).status).toBe(200));
    expect((await withFile.getList()).text).toBe((await api.getList()).text);
  });
  const change = await api.patch({ Zoë: null, 10: null, '9\\': null });
  expect(change.body).toEqual({ added: 0, changed: 0, removed: 3 });
});

test('what psql changes is seen at once, with a new version', async () => {
  const before = await tagOf('/students');
  expect(await psql(blockOf('Look into it', 'UPDATE', 'sql'))).toContain('Ahmed|"21"\n');
  expect(await api.getAges()).toMatchObject({ Ahmed: '21' });
  expect(await page()).toContain('21 years old');
  expect(await tagOf('/students')).not.toBe(before);
});

test('the database may do no more than it must, and only the API reaches it', async () => {
  const database = container('database');
  const status = await exec(database, 'cat', '/proc/1/status');
  for (const line of ['Name:\\s+postgres', 'Uid:(\\s+999){4}', 'NoNewPrivs:\\s+1']) {
    expect(status).toMatch(RegExp(`^${line}$`, 'm'));
  }
  expect(status.match(/^Cap(Eff|Prm|Bnd):\s+0+$/gm)).toHaveLength(3);
  const touch = docker(['exec', '--user', '0', database, 'touch', '/e2e']);
  await expect(touch).rejects.toThrow('Read-only file system');
  expect(await psql('SHOW data_checksums')).toBe('on\n');

  const [{ NetworkSettings, HostConfig }, api, website] = await Promise.all(
    ['database', 'simple-api', 'website'].map(async (it) =>
      JSON.parse(await inspect(container(it), '{{json .}}')),
    ),
  );
  expect(HostConfig).toMatchObject({ Memory: 1024 ** 3, PidsLimit: 200, PortBindings: {} });
  expect(Object.keys(NetworkSettings.Networks)).toEqual([`${PROJECT}_database-network`]);
  expect(Object.keys(website.NetworkSettings.Networks)).toEqual([`${PROJECT}_my-network`]);
  expect(website.Config.Env.join()).not.toMatch(/DATABASE|EDITOR/);
  expect(api.Config.User).toBe('node');
  expect(api.Mounts).toMatchObject([{ Type: 'tmpfs', Destination: '/data', RW: false }]);
  const { IPAddress } = NetworkSettings.Networks[`${PROJECT}_database-network`];
  expect(await isPostgres(IPAddress)).toBe(false);
  // The same from a container: it does not know the name, and has no way to the address.
  const ask = `(${isPostgres})(process.argv[1], require('net').connect).then(console.log)`;
  const from = (service: string, host: string) =>
    exec(container(service), 'node', '-e', ask, host).then((answer) => answer.trim());
  expect(await from('simple-api', 'database')).toBe('true');
  expect(await from('website', 'database')).toBe('false');
  expect(await from('website', IPAddress)).toBe('false');
});

/** Whether a PostgreSQL server answers there: it says S or N when it is asked for TLS. */
function isPostgres(host: string, dial = connect): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(5432, host);
    socket.on('connect', () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])));
    socket.on('data', (data) => resolve(/^[SN]$/.test(data.toString())));
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
    socket.setTimeout(3_000, () => socket.destroy());
  });
}

test('the API owns its database and nothing else; the superuser cannot sign in', async () => {
  const secret = await variable('DATABASE_PASSWORD');
  const overTcp = (sql: string, user: string, password = secret) =>
    sh(
      `docker compose exec -T -e PGPASSWORD=${password} database psql -Ath database -U ${user} students`,
      sql,
    );
  const rights = `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
    FROM pg_roles WHERE rolname = current_user`;
  expect((await overTcp(rights, 'students')).stdout).toBe('f|f|f|f|f\n');
  const owned = 'SELECT datname FROM pg_database WHERE datdba = current_user::regrole';
  expect((await overTcp(owned, 'students')).stdout).toBe('students\n');
  for (const password of [secret, 'postgres']) {
    const signIn = overTcp('SELECT 1', 'postgres', password);
    await expect(signIn).rejects.toThrow('password authentication failed for user "postgres"');
  }
  const users =
    'SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = $$student-list$$';
  expect(await psql(users)).toBe('students\n');
});

test('the list is there after down and up, and while the database is away nothing has to be restarted', async () => {
  const before = await api.getList();
  await sh('docker compose down && docker compose up -d --wait');
  expect(await api.getList()).toMatchObject({ text: before.text, etag: before.etag });
  expect(await page()).toContain('Ahmed');
  await sh('docker compose stop database');
  expect((await api.getList()).status).toBe(503);
  expect(await page()).toMatch(/has not been reachable.*Ahmed/s);
  await sh('docker compose start database');
  await eventually(async () => expect((await api.getList()).text).toBe(before.text));
  expect(await inspect(container('simple-api'), '{{.RestartCount}}')).toBe('0');
});

test('a backup is restored into an empty database, and tags from in between bring no 304', async () => {
  const [then, tagsThen] = [await api.getList(), await Promise.all(LISTS.map(tagOf))];
  await sh(blockOf('Back up', 'pg_dump'));
  expect((await api.put('Later', '30')).status).toBe(201);
  const tagsBetween = await Promise.all(LISTS.map(tagOf));
  await sh(blockOf('Restore', 'pg_restore'));
  await eventually(async () => expect((await api.getList()).text).toBe(then.text));
  const ask = (path: string, tag = '') => api.ask(path, 'GET', { 'If-None-Match': tag });
  const unless = (tags: string[]) =>
    Promise.all(LISTS.map(async (path, at) => (await ask(path, tags[at])).status));
  expect(await unless(tagsBetween)).toEqual([200, 200]);
  expect(await unless(tagsThen)).toEqual([304, 304]);
  expect((await api.put('Other', '30')).status).toBe(201);
  expect(await unless(tagsBetween)).toEqual([200, 200]);
  expect(await unless(tagsThen)).toEqual([200, 200]);
  expect(await psql('SELECT extname FROM pg_extension')).toContain('pg_trgm');
});

test('the password is changed in .env and in the database', async () => {
  const env = await readFile(join(folder, '.env'), 'utf8');
  const changed = env.replace(/^(DATABASE_PASSWORD=).*/m, (_, name) => `${name}'e2e $x "#\\ü'`);
  await writeFile(join(folder, '.env'), changed);
  await sh(blockOf('Change the password', 'printf').replace('up -d', 'up -d --wait'));
  expect((await api.put('New', '30')).status).toBe(201);
});

describe('a server elsewhere', () => {
  const network = `${PROJECT}-tls`;
  const secret = 'e2e-secret';

  beforeAll(async () => {
    const make = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    await sh(`for it in right wrong; do
        ${make} -subj /CN=$it -addext subjectAltName=DNS:named -keyout $it.key -out $it.crt
      done; chmod 644 *.key; chmod 755 .`);
    await docker(['network', 'create', network]);
    const run = `docker run -d --network ${network} -e POSTGRES_USER=students -e POSTGRES_PASSWORD=${secret}`;
    const server = (name: string, command = '') =>
      sh(`${run} -v ${folder}:/tls:ro --name ${PROJECT}-${name} --network-alias ${name} \\
        --network-alias not-${name} ${IMAGE} ${command}`);
    const key = 'install -o postgres -m 600 /tls/right.key /tmp/key';
    const options = '-c ssl=on -c ssl_cert_file=/tls/right.crt -c ssl_key_file=/tmp/key';
    await server('plain');
    await server('named', `bash -c '${key} && exec docker-entrypoint.sh postgres ${options}'`);
  });
  afterAll(async () => {
    await docker(['rm', '-fv', `${PROJECT}-plain`, `${PROJECT}-named`]);
    await docker(['network', 'rm', network]);
  });

  const OF_ITSELF = 'DEPTH_ZERO_SELF_SIGNED_CERT';
  const OF_ANOTHER = 'ERR_TLS_CERT_ALTNAME_INVALID';
  const NO_TLS = 'The server does not support SSL connections';
  test.each([
    ['verify-full', 'right', 'named', ''],
    ['verify-full', 'wrong', 'named', OF_ITSELF],
    ['verify-full', 'right', 'not-named', OF_ANOTHER],
    ['verify-ca', 'right', 'not-named', ''],
    ['verify-full', 'right', 'plain', NO_TLS],
  ])('sslmode=%s, the %s certificate, the host %s: %s', async (mode, root, host, problem) => {
    const query = `sslmode=${mode}&sslrootcert=/run/${root}.crt`;
    const DATABASE_URL = `postgres://students@${host}/students?${query}`;
    const check = async ({ url }: { url: string }) => {
      const ready = await fetch(`${url}/health/ready`);
      const cause = `the database cannot be used: ${problem}`;
      expect(await ready.text()).toContain(problem ? cause : '"students": 0');
      expect(ready.status).toBe(problem ? 503 : 200);
    };
    const mounts = ['right', 'wrong'].flatMap((it) => [
      '-v',
      `${folder}/${it}.crt:/run/${it}.crt:ro`,
    ]);
    const env = { DATABASE_URL, DATABASE_PASSWORD: secret };
    await withApi(['--network', network, ...mounts], (it) => eventually(() => check(it)), env);
  });
});
