import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { Client } from 'pg';
import { openPostgresStore } from '../src/postgres/store';
import { readAges } from '../src/students/json';
import type { StudentStore } from '../src/students/store';
import { isAge } from '../src/students/student';
import { captureLog } from './captured-log';
import { closeAfter } from './closing';

const { TEST_DATABASE_URL, TEST_POSTGRES_PORT } = process.env;

/** Describes tests with a database of their own. Where there is no server, they are skipped. */
export function describeWithPostgres(name: string, tests: (database: TestDatabase) => void): void {
  const describeIt = TEST_DATABASE_URL || TEST_POSTGRES_PORT ? describe : describe.skip;
  describeIt(name, () => tests(usePostgres()));
}

/** A database for tests, whose owner owns nothing else. */
export type TestDatabase = ReturnType<typeof usePostgres>;

function usePostgres() {
  const owner = `test_${randomUUID().replaceAll('-', '')}`; // and the name of the database
  const password = randomUUID();
  let server: Client;
  let connection: Client;
  let address: URL;
  let shared: StudentStore | undefined;
  const urlFor = (user: Partial<URL>) =>
    Object.assign(new URL(address), { pathname: owner, ...user }).href;
  const url = () => urlFor({ username: owner, password: '' });
  const admin = (sql: string, values?: unknown[]) => connection.query(sql, values);

  beforeAll(async () => {
    address = await findServer();
    server = await connectTo(address.href);
    await server.query(`CREATE ROLE ${owner} LOGIN PASSWORD '${password}'`);
    await server.query(`CREATE DATABASE ${owner} OWNER ${owner}`);
    connection = await connectTo(urlFor({}));
  });
  afterAll(async () => {
    await shared?.close();
    await connection.end();
    await server.query(`DROP DATABASE ${owner} WITH (FORCE)`);
    await server.query(`DROP ROLE ${owner}`);
    await server.end();
  });

  async function open(list?: string, at = url()) {
    const { logger, lines } = captureLog('info');
    const store = await openPostgresStore(at, password, logger);
    closeAfter(() => store.close().catch(() => {})); // a test may have done that
    if (list) await fill(store, list);
    return { store, lines };
  }

  async function fill(store: StudentStore, list: string) {
    await admin('DELETE FROM student');
    const students = Array.from(readAges(list, isAge));
    await store.change({ ages: new Map(students.map(({ name, value }) => [name, value])) });
  }

  async function openList(list: string): Promise<StudentStore> {
    shared ??= await openPostgresStore(url(), password, captureLog('info').logger);
    await fill(shared, list);
    return { ...shared, close: async () => {} };
  }

  return {
    /** With the owner's name, without the password. */
    url,
    password,
    /** Opens a store on it, for one test. @param list what it is to have, as JSON; none: what it has */
    open,
    /** A store with this list, as JSON, on connections that all tests share. */
    openList,
    /** Takes all out of it, also the tables. */
    async empty() {
      await shared?.close();
      shared = undefined;
      await admin(`DROP OWNED BY ${owner} CASCADE`);
    },
    /** Runs SQL in it as the superuser, always on the same connection. */
    admin,
  };
}

/** The superuser's address of the server, which starts if it has not yet. */
async function findServer(): Promise<URL> {
  const said = TEST_DATABASE_URL || (await text(connect(Number(TEST_POSTGRES_PORT), '127.0.0.1')));
  if (!said.startsWith('postgres')) throw new Error(said);
  return new URL(said);
}

async function connectTo(url: string): Promise<Client> {
  const client = new Client(url);
  client.on('error', () => {}); // what it is asked for next fails
  await client.connect();
  return client;
}
