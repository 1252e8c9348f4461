import type { PoolClient } from 'pg';
import type { Listing } from '../students/store';
import type { Student } from '../students/student';
import type { Database } from './database';
import { LIST, type ListRow, type Row, theOne, toStudent } from './row';
import { BEGIN_READING } from './transaction';

/** Of a part, in students. */
const PART_SIZE = 1_000;

const DECLARE = 'DECLARE whole CURSOR FOR SELECT name, age FROM student ORDER BY name';
const FETCH = `FETCH ${PART_SIZE} FROM whole`;

/** The whole list; one of more than a part has a connection of its own until it is read to its end, or left. */
export function readList(database: Database): Promise<Listing> {
  return database.read(async (pool) => {
    const client = await pool.connect();
    try {
      const [, { rows: lists }, , { rows }] = await Promise.all([
        client.query(BEGIN_READING),
        client.query<ListRow>(LIST),
        client.query(DECLARE),
        client.query<Row>(FETCH),
      ]);
      const { version } = theOne(lists);
      if (rows.length === PART_SIZE) return { version, parts: readRest(client, rows) };
      await client.query('ROLLBACK');
      client.release();
      return { version, parts: one(rows) };
    } catch (error) {
      client.release(true);
      throw error;
    }
  });
}

async function* one(rows: readonly Row[]): AsyncGenerator<readonly Student[]> {
  yield rows.map(toStudent);
}

async function* readRest(client: PoolClient, first: readonly Row[]) {
  let isWhole = false;
  try {
    for (let rows = first; rows.length > 0; { rows } = await client.query<Row>(FETCH)) {
      yield rows.map(toStudent);
    }
    await client.query('ROLLBACK');
    isWhole = true;
  } finally {
    client.release(!isWhole);
  }
}
