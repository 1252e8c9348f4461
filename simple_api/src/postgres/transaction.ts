import type { Pool, PoolClient } from 'pg';

/** For reading more than one thing of the same state. */
export const BEGIN_READING = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

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
