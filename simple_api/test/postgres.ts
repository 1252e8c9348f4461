import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { Client, type QueryResult } from 'pg';
import { openPostgresStore } from '../src/postgres/store';
import type { Student } from '../src/students/student';
import { captureLog } from './captured-log';
import { closeAfter } from './closing';

const { TEST_DATABASE_URL, TEST_POSTGRES_PORT } = process.env;

/** A database for tests; its owner owns nothing else. */
export interface TestDatabase {
  /** With the owner's name. */
  url(): string;
  /** The owner's. */
  readonly password: string;
  /** Runs SQL in it as the superuser, always on the same connection. */
  admin(sql: string, values?: unknown[]): Promise<QueryResult>;
  /** Takes away all that is in it. */
  clear(): Promise<unknown>;
}

/** Opens a store on it for one test. @param students of the list; as it is, if there are none */
export async function openPostgres(
  { url, password }: TestDatabase,
  students: readonly Student[] = [],
) {
  const { logger, lines } = captureLog('info');
  const store = await openPostgresStore(url(), password, logger);
  closeAfter(() => store.close().catch(() => {})); // it may be closed
  const ages = new Map(students.map(({ name, age }) => [name, age]));
  if (ages.size > 0) await store.change({ ages });
  return { store, lines };
}

/** Describes tests with a database, its list empty before each; skips them where globalSetup has said that there is none. */
export function describeWithPostgres(name: string, tests: (database: TestDatabase) => void): void {
  const describeIt = TEST_DATABASE_URL || TEST_POSTGRES_PORT ? describe : describe.skip;
  describeIt(name, () => {
    const owner = `test_${randomUUID().replaceAll('-', '')}`; // and the name of the database
    const password = randomUUID();
    let server: URL;
    let admin: Client;

    beforeAll(async () => {
      server = await findServer();
      await run(
        server,
        `CREATE ROLE ${owner} LOGIN PASSWORD '${password}'`,
        `CREATE DATABASE ${owner} OWNER ${owner}`,
      );
      admin = await open(Object.assign(new URL(server), { pathname: owner }));
    });
    const clear = () => admin.query(`DROP OWNED BY ${owner} CASCADE`);
    beforeEach(() => admin.query('DELETE FROM student').catch(clear)); // that is quicker
    afterAll(async () => {
      await admin.end();
      await run(server, `DROP DATABASE ${owner} WITH (FORCE)`, `DROP ROLE ${owner}`);
    });

    tests({
      url: () =>
        Object.assign(new URL(server), { username: owner, password: '', pathname: owner }).href,
      password,
      admin: (sql, values) => admin.query(sql, values),
      clear,
    });
  });
}

/** The superuser's address of the server, which starts if it has not yet. */
async function findServer(): Promise<URL> {
  const said = TEST_DATABASE_URL ?? (await text(connect(Number(TEST_POSTGRES_PORT), '127.0.0.1')));
  if (!URL.canParse(said)) throw new Error(said);
  return new URL(said);
}

async function open(url: URL): Promise<Client> {
  const client = new Client(url.href);
  client.on('error', () => {}); // a query that follows says so
  await client.connect();
  return client;
}

async function run(url: URL, ...statements: string[]): Promise<void> {
  const client = await open(url);
  for (const statement of statements) await client.query(statement);
  await client.end();
}
