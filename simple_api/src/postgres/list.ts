import type { PoolClient } from 'pg';
import { type Listing, NoListError } from '../students/store';
import type { Student } from '../students/student';
import { type Database, inTime } from './database';
import { whyAway } from './problem';
import { LIST, type ListRow, type Row, theOne, toStudent } from './row';
import { READ } from './transaction';

const DECLARE = 'DECLARE whole CURSOR FOR SELECT name, age FROM student ORDER BY name';

/** A part, in students. */
const FETCH = 'FETCH 1000 FROM whole';

/** The whole list; it has a connection of its own until it is read to its end, or left. */
export function readList(database: Database): Promise<Listing> {
  let isGivenUp = false;
  const asked = database.use('others', async (pool) => {
    const client = await pool.connect();
    try {
      const [, { rows }] = await Promise.all([
        client.query(READ.start),
        client.query<ListRow>(LIST),
        client.query(DECLARE),
      ]);
      const { version } = theOne(rows);
      if (isGivenUp) throw new NoListError('nobody waits for the list any more');
      return { version, parts: readParts(client) };
    } catch (error) {
      client.release(true);
      throw error;
    }
  });
  return inTime(asked).catch((error) => {
    isGivenUp = true; // nobody else would give the connection back
    throw error;
  });
}

async function* readParts(client: PoolClient): AsyncGenerator<readonly Student[]> {
  let isWhole = false;
  try {
    for (;;) {
      const { rows } = await inTime(client.query<Row>(FETCH));
      if (rows.length === 0) break;
      yield rows.map(toStudent);
    }
    await client.query('ROLLBACK');
    isWhole = true;
  } catch (error) {
    const why = whyAway(error);
    throw why === undefined ? error : new NoListError(why);
  } finally {
    client.release(!isWhole);
  }
}
