import { Client, type ClientConfig } from 'pg';
import { FOLDING, fold } from '../students/fold';
import { NoListError } from '../students/store';
import students from './001-students.sql';

/** In order; each is run once, and never changed afterwards. They only add: older replicas go on meanwhile. */
const MIGRATIONS = [students];

/** Any number, as long as it is the same in all replicas. */
const LOCK = 'SELECT pg_advisory_xact_lock(5005001)';

const OLDEST = 140_000;

/** Of the column `folded`. */
const STEP_SIZE = 5_000;

const FACTS = `SELECT current_setting('server_version_num')::int AS number,
  current_setting('server_encoding') AS encoding,
  current_setting('transaction_read_only') = 'on' AS readonly,
  to_regclass('migration') IS NOT NULL AS known`;

/**
 * Makes the database ready for a list, or sees that it is.
 *
 * @returns why the list cannot be changed; undefined where it can
 * @throws Error, which `whyAway` puts in words
 */
export async function prepare(config: ClientConfig): Promise<string | undefined> {
  const isReady = await withClient(config, check);
  if (isReady === false) await withClient({ ...config, query_timeout: 0 }, migrate);
  return isReady === undefined ? 'the database is a standby, or set to be read-only' : undefined;
}

async function withClient<T>(config: ClientConfig, work: (client: Client) => Promise<T>) {
  const client = new Client(config);
  client.on('error', () => {}); // whatever it asks for fails as well
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.end().catch(() => {});
  }
}

/** @returns undefined where it is ready, and cannot be changed */
async function check(client: Client): Promise<boolean | undefined> {
  const { rows } = await client.query(FACTS);
  const { number, encoding, readonly, known } = rows[0];
  if (number < OLDEST) throw new NoListError('the database must be PostgreSQL 14 or newer');
  if (encoding !== 'UTF8') throw new NoListError('the database must have the encoding UTF8');
  const isReady = known && (await done(client)) >= MIGRATIONS.length && (await folding(client));
  if (isReady && readonly) return undefined;
  return isReady;
}

async function done(client: Client): Promise<number> {
  const { rows } = await client.query('SELECT coalesce(max(number), 0) AS done FROM migration');
  return rows[0].done;
}

async function folding(client: Client, lock = ''): Promise<boolean> {
  const { rows } = await client.query(`SELECT folding FROM list ${lock}`);
  return rows[0]?.folding === FOLDING;
}

async function migrate(client: Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(LOCK);
  await client.query('CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY)');
  for (let number = (await done(client)) + 1; number <= MIGRATIONS.length; number++) {
    await client.query(MIGRATIONS[number - 1] ?? '');
    await client.query('INSERT INTO migration VALUES ($1)', [number]);
  }
  if (!(await folding(client, 'FOR UPDATE'))) await foldAll(client);
  await client.query('COMMIT');
}

/** As this version of the program folds; most names stay as they were. */
async function foldAll(client: Client): Promise<void> {
  for (let last = ''; ; ) {
    const { rows } = await client.query(
      'SELECT name, folded FROM student WHERE name > $1 ORDER BY name LIMIT $2',
      [last, STEP_SIZE],
    );
    if (rows.length === 0) break;
    const others = rows.filter(({ name, folded }) => fold(name) !== folded);
    const names: string[] = others.map(({ name }) => name);
    if (names.length > 0) {
      await client.query(
        `UPDATE student SET folded = new.folded
         FROM unnest($1::text[], $2::text[]) AS new (name, folded) WHERE student.name = new.name`,
        [names, names.map(fold)],
      );
    }
    last = rows[rows.length - 1].name;
  }
  await client.query('UPDATE list SET folding = $1', [FOLDING]);
}
