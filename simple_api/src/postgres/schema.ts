import { Client, type ClientConfig, type QueryResult } from 'pg';
import { FOLDING, fold } from '../students/fold';
import { NoListError } from '../students/store';
import students from './001-students.sql';
import { theOne } from './row';

/** In order; each is run once, and never changed afterwards. They only add: older replicas go on meanwhile. */
const MIGRATIONS = [students];

/** Any number, as long as it is the same in all replicas. */
const LOCK = 'SELECT pg_advisory_xact_lock(5005001)';

const OLDEST = 140_000;

/** For a statement, in ms: the network may be cut. */
const MIGRATION_MS = 10 * 60_000;

/** Of the names that are folded anew, at a time. */
const STEP_SIZE = 5_000;

const SERVER = `SELECT current_setting('server_version_num')::int AS number,
  current_setting('server_encoding') AS encoding, to_regclass('migration') IS NOT NULL AS known`;

const DONE = 'SELECT coalesce(max(number), 0) AS done FROM migration';

const LIST = `SELECT folding, current_setting('transaction_read_only') = 'on' AS standby,
  has_table_privilege('list', 'UPDATE') AND has_table_privilege('student', 'INSERT')
  AND has_table_privilege('student', 'UPDATE') AND has_table_privilege('student', 'DELETE') AS writes
  FROM list`;

const NAMES = 'SELECT name, folded FROM student WHERE name > $1 ORDER BY name LIMIT $2';

const FOLD = `UPDATE student SET folded = new.folded
  FROM unnest($1::text[], $2::text[]) AS new (name, folded) WHERE student.name = new.name`;

/**
 * Makes the database ready for a list, or sees that it is.
 *
 * @returns why the list cannot be changed; undefined where it can
 * @throws Error, which `whyAway` puts in words
 */
export async function prepare(config: ClientConfig): Promise<string | undefined> {
  const ready = await withClient(config, check);
  if (ready) return ready.whyReadOnly;
  const unlimited = { statement_timeout: 0, lock_timeout: 0, query_timeout: MIGRATION_MS };
  return withClient({ ...config, ...unlimited }, migrate);
}

async function withClient<T>(config: ClientConfig, work: (client: Client) => Promise<T>) {
  const client = new Client(config);
  client.on('error', () => {}); // what it is asked for fails as well
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.end().catch(() => {});
  }
}

/** @returns undefined where something is left to do */
async function check(client: Client): Promise<{ whyReadOnly: string | undefined } | undefined> {
  type Server = { number: number; encoding: string; known: boolean };
  const server = theOne((await client.query<Server>(SERVER)).rows);
  if (server.number < OLDEST) throw new NoListError('the database must be PostgreSQL 14 or newer');
  if (server.encoding !== 'UTF8') throw new NoListError('the database must have the encoding UTF8');
  if (!server.known || (await done(client)) < MIGRATIONS.length) return undefined;
  type List = { folding: string | null; standby: boolean; writes: boolean };
  const { folding, standby, writes } = theOne((await client.query<List>(LIST)).rows);
  if (standby) return { whyReadOnly: 'the database is a standby, or set to be read-only' };
  if (!writes) return { whyReadOnly: "the database's user may only read it" };
  return folding === FOLDING ? { whyReadOnly: undefined } : undefined;
}

async function done(client: Client): Promise<number> {
  return theOne((await client.query<{ done: number }>(DONE)).rows).done;
}

async function migrate(client: Client): Promise<undefined> {
  await client.query('BEGIN');
  await client.query(LOCK);
  await client.query('CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY)');
  const before = await done(client);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < before) continue;
    await client.query(sql);
    await client.query('INSERT INTO migration VALUES ($1)', [index + 1]);
  }
  await foldAll(client);
  await client.query('COMMIT');
}

type Folded = { name: string; folded: string };

/** As this program folds, which is as it was for most names. */
async function foldAll(client: Client): Promise<void> {
  await client.query('UPDATE list SET folding = $1', [FOLDING]); // it is locked from here on
  for (let last = ''; ; ) {
    const { rows }: QueryResult<Folded> = await client.query(NAMES, [last, STEP_SIZE]);
    const names = rows.filter((it) => fold(it.name) !== it.folded).map(({ name }) => name);
    if (names.length > 0) await client.query(FOLD, [names, names.map(fold)]);
    if (rows.length < STEP_SIZE) return;
    last = rows.at(-1)?.name ?? '';
  }
}
