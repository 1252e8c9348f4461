import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Age } from './api';
import { docker, exec, inspect } from './docker';
import { eventually } from './eventually';
import { createHistory, type Fate } from './history';
import { type Replicas, startReplicas } from './replicas';

/** Of the database, and of the replicas together. */
const KILLS = Number(process.env['KILLS'] ?? 4);

/** How many clients write, each to names of its own, and how many read through each replica. */
const [WRITERS, NAMES, READERS] = [16, 4, 2];

type Api = Replicas['apis'][number];

let replicas: Replicas;
let apis: Api[];
let database: string;
beforeAll(async () => {
  replicas = await startReplicas('faults', 2);
  ({ apis, database } = replicas);
});
afterAll(() => replicas?.down());

function anyApi(): Api {
  const api = apis[Math.floor(Math.random() * apis.length)];
  if (!api) throw new Error('no API');
  return api;
}

/** Changes students, with a condition or without; undefined is one who is not on the list, null one of whom nobody knows. */
async function change(names: readonly string[], was: Age | undefined | null, age: Age | undefined) {
  const api = anyApi();
  const [name = '', ...others] = names;
  if (others.length > 0) {
    const ages = Object.fromEntries(names.map((it) => [it, age ?? null]));
    return { ...(await api.patch(ages)), done: [200] };
  }
  if (age === undefined)
    return { ...(await api.remove(name)), done: was === null ? [204, 404] : [204] };
  if (was === null) return { ...(await api.put(name, age)), done: [200, 201] };
  const condition =
    was === undefined ? { 'If-None-Match': '*' } : { 'If-Match': `"number-${was}"` };
  const headers = Math.random() < 0.5 ? condition : {};
  return { ...(await api.put(name, age, headers)), done: [was === undefined ? 201 : 200] };
}

/** @throws Error for a response that there must not be */
function fateOf({ status, text, done }: Awaited<ReturnType<typeof change>>): Fate {
  if (done.includes(status)) return 'done';
  if (status === 503 && text.includes('Nothing was changed: ')) return 'refused';
  if (status === 504 && text.includes('It is not certain')) return 'unknown';
  throw new Error(`${status} ${text}`);
}

/** Clients that write and read as fast as it goes, through all replicas, from an empty list on. */
async function startClients() {
  await eventually(() => replicas.psql('TRUNCATE student'));
  const history = createHistory();
  let isOver = false;

  async function write(client: number): Promise<void> {
    const ages = new Map<string, Age | undefined | null>();
    for (let count = 0; !isOver; count++) {
      const name = `client ${client}, ${count % NAMES}`;
      const names = client % 4 === 0 ? [name, `${name}, too`] : [name];
      const was = ages.get(name);
      const age = was !== undefined && Math.random() < 0.2 ? undefined : count % 151;
      await history.write(names, age, async () => {
        const response = await change(names, was, age).catch(() => undefined);
        const fate = response ? fateOf(response) : 'unknown';
        if (fate !== 'refused') ages.set(name, fate === 'done' ? age : null);
        if (fate !== 'done') await sleep(20);
        return fate;
      });
    }
  }
  async function read({ getAges }: Api): Promise<void> {
    while (!isOver) await history.read(getAges).catch(() => sleep(20));
  }
  const readers = Array.from({ length: READERS }, () => apis.map(read)).flat();
  const clients = Promise.all([...Array.from({ length: WRITERS }, (_, i) => write(i)), ...readers]);
  clients.catch(() => {}); // stop() says so

  return {
    /** Waits until changes go through all replicas, and checks what all clients have seen. */
    async stop(): Promise<void> {
      await eventually(async () => {
        for (const { url } of apis) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      });
      await sleep(500);
      isOver = true;
      await clients;
      for (const { getAges } of apis) await history.read(getAges);
      console.log(`${expect.getState().currentTestName}: ${history.check()}`);
    },
  };
}

test(`killed ${KILLS} times each while clients write, database and replicas have lost nothing`, async () => {
  const clients = await startClients();
  const killed = Array.from({ length: 2 * KILLS }, (_, i) =>
    i % 2 ? database : anyApi().container,
  );
  for (const container of killed) {
    await sleep(Math.random() * 3_000);
    await docker(['kill', '--signal', 'KILL', container]);
    await docker(['start', container]);
  }
  await clients.stop();
}, 1_800_000);

/** Waits until no replica has a list to serve. */
const noLists = () =>
  eventually(async () => {
    for (const { url } of apis) expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  });
const onNetwork = (how: string, container = database) =>
  docker([
    'network',
    how,
    ...(how === 'connect' ? ['--alias', 'database'] : []),
    replicas.network,
    container,
  ]);
const address = () => inspect(database, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');

async function moveDatabase(): Promise<void> {
  const before = await address();
  await docker(['rm', '--force', database]);
  await replicas.run(`${database}-neighbour`, 'postgres:17-trixie', 'sleep', 'infinity');
  await replicas.startDatabase();
  expect(await address()).not.toBe(before);
}

test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
  ['cut off', () => onNetwork('disconnect'), () => onNetwork('connect')],
  ['silent', () => docker(['pause', database]), () => docker(['unpause', database])],
  ['at another address', () => docker(['stop', database]), moveDatabase],
  ['restarted', async () => {}, () => docker(['restart', database])],
])(
  'the database is %s, and nothing is lost, nor is a replica started again',
  async (how, away, back) => {
    const clients = await startClients();
    await sleep(1_000);
    await away();
    if (how !== 'restarted') await noLists();
    await back();
    await clients.stop();
  },
);

test('a standby takes the place of the database, and nothing is lost', async () => {
  const standby = `${database}-standby`;
  await exec(
    database,
    'sh',
    '-c',
    'echo "host replication all all scram-sha-256" >> $PGDATA/pg_hba.conf',
  );
  await replicas.psql('SELECT pg_reload_conf()');
  const copy = 'pg_basebackup -h database -U postgres -D $PGDATA -R -c fast && chmod 700 $PGDATA';
  const command = `${copy} && exec docker-entrypoint.sh postgres`;
  await replicas.run(standby, '--user', 'postgres', 'postgres:17-trixie', 'bash', '-c', command);
  await eventually(() => replicas.psql('SELECT', standby));
  await replicas.psql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await replicas.psql('SELECT pg_reload_conf()');
  const state = 'SELECT sync_state FROM pg_stat_replication';
  await eventually(async () => expect(await replicas.psql(state)).toBe('sync'));

  const clients = await startClients();
  await sleep(2_000);
  await docker(['kill', '--signal', 'KILL', database]);
  await replicas.psql('SELECT pg_promote()', standby);
  await onNetwork('disconnect', standby);
  await onNetwork('connect', standby);
  await clients.stop();
});
