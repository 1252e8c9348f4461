import type { ClientBase, Pool, PoolClient } from 'pg';
import type { Change, ListNow } from '../students/change';
import { FIND, findable, LIST, type ListRow, type Row, theOne, toStudent } from './row';

/** For reading more than one thing of the same state. */
export const READ = { start: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', list: LIST };

/**
 * For writing: no other writer is in one at the same time. The table is locked first, as any statement does
 * that changes it: TRUNCATE would wait for it with the row locked.
 */
export const CHANGE = {
  start: 'BEGIN ISOLATION LEVEL READ COMMITTED; LOCK student IN ROW EXCLUSIVE MODE',
  list: { name: 'lock', text: `${LIST.text} FOR UPDATE` },
};

/** Lets work have a connection, which is given back after it without a transaction, or closed. */
export async function withConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>) {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** @returns the state that a transaction begins with, and of the students those whom changes name */
export async function begin(
  client: ClientBase,
  { start, list }: typeof CHANGE,
  changes: readonly Change[],
): Promise<ListNow & { version: string }> {
  const names = new Set(changes.flatMap(({ ages }) => [...ages.keys()]));
  const [, { rows: lists }, { rows }] = await Promise.all([
    client.query(start),
    client.query<ListRow>(list),
    client.query<Row>({ ...FIND, values: [findable([...names])] }),
  ]);
  const students = rows.map(toStudent);
  const ages = new Map(students.map(({ name, age }) => [name, age]));
  return { ...theOne(lists), ageOf: (name) => ages.get(name) };
}

/** Also where nothing has changed: after it, what has been read is on the standby, too. */
export async function commit<T>(client: PoolClient, outcome: T): Promise<T> {
  // A limit would end the wait for a standby, and the commit would look as if that had it.
  await client.query('SET LOCAL statement_timeout = 0; COMMIT');
  return outcome;
}

export async function rollback<T>(client: PoolClient, outcome: T): Promise<T> {
  await client.query('ROLLBACK');
  return outcome;
}
