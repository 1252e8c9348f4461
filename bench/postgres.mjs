import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT, startServer } from './server-process.mjs';

const require = createRequire(join(ROOT, 'simple_api/package.json'));
/** @type {typeof import('pg')} */
const { Pool } = require('pg');

const NAMES = /** @type {const} */ (['bench_6', 'bench_30k', 'bench_1m']);

const FILL = `INSERT INTO student (name, age, folded)
  SELECT key, value::text, lower(key) FROM json_each($1)`;

const PUT = 'INSERT INTO plain VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = excluded.age';

/** How many students are changed in turn: nobody waits for the change of another one. */
export const CHANGED = 1_000;

/** The superuser's address of a server, which goes with this process unless TEST_DATABASE_URL names it. */
export async function findServer() {
  if (process.env['TEST_DATABASE_URL']) return process.env['TEST_DATABASE_URL'];
  try {
    const file = join(ROOT, 'simple_api/test/postgres-server.mjs');
    const server = fork(file, { detached: true, stdio: 'ignore' });
    const [said] = await once(server, 'message');
    server.unref();
    server.channel?.unref();
    if (URL.canParse(said)) return said;
    throw new Error(said);
  } catch (error) {
    console.warn(`PostgreSQL is left out, it does not run here: ${error}`);
  }
}

/**
 * Makes a database with a list, and with a table `plain` that has nothing but the same students.
 *
 * @param {string} server @param {typeof NAMES[number]} name
 * @param {string} file the list, of names that fold to lower case
 * @returns its address, and the API's environment with it
 */
export async function createDatabase(server, name, file) {
  await run(server, drop(name), `CREATE DATABASE ${name}`); // one may be left of a run that was cut short
  const url = Object.assign(new URL(server), { pathname: name });
  const DATABASE_URL = Object.assign(new URL(url), { password: '' }).href;
  const env = { DATABASE_URL, DATABASE_PASSWORD: decodeURIComponent(url.password) };
  await startServer('simple_api/dist/server.js', env); // which makes its tables
  const fill = { text: FILL, values: [readFileSync(file, 'utf8')] };
  const copy = 'CREATE TABLE plain AS SELECT name, age FROM student';
  await run(url.href, fill, copy, 'ALTER TABLE plain ADD PRIMARY KEY (name)', 'VACUUM ANALYZE');
  return { url: url.href, env };
}

const drop = (/** @type {string} */ name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`;

/** @param {string} server */
export const removeDatabases = (server) => run(server, ...NAMES.map(drop));

/** @param {string} url @param {(string | import('pg').QueryConfig)[]} statements */
async function run(url, ...statements) {
  const pool = new Pool({ connectionString: url, max: 1 });
  for (const statement of statements) await pool.query(statement);
  await pool.end();
}

/**
 * Changes ages in `plain`, for a second.
 *
 * @param {string} url @param {number} connections @param {number} clients who share them
 * @returns how many in a second
 */
export async function changePlain(url, connections, clients) {
  const pool = new Pool({ connectionString: url, max: connections });
  await Promise.all(Array.from({ length: connections }, () => pool.query('SELECT')));
  const start = performance.now();
  let [sent, done] = [0, 0];
  const client = async () => {
    for (; performance.now() - start < 1_000; done++) {
      await pool.query(PUT, [`Student ${sent++ % CHANGED}`, `${sent % 150}`]);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await pool.end();
  return (done / (performance.now() - start)) * 1_000;
}
