import type { Logger } from 'pino';
import { shareNext } from '../service/share-next';
import { NoListError, type StudentStore, sinceLook } from '../students/store';
import { connectDatabase, inTime } from './database';
import { readList } from './list';
import { previewChange } from './preview';
import { createQuery } from './query';
import { FIND, findable, LIST, type ListRow, type Row, theOne, toStudent } from './row';
import { createChange } from './write';

/** The list in a PostgreSQL database, which has been asked for when this resolves, whatever came of it. */
export async function openPostgresStore(
  url: string,
  password: string | undefined,
  logger: Logger,
): Promise<StudentStore> {
  const database = await connectDatabase(url, password, logger);
  let lookedAt = 0;
  const look = shareNext(
    () =>
      database.use('first', async (pool) => {
        const list = theOne((await pool.query<ListRow>(LIST)).rows);
        lookedAt = performance.now();
        return list;
      }),
    inTime,
  );
  const change = createChange(database);

  return {
    version: async () => (await look()).version,
    async find(names) {
      const values = [findable(names)];
      const { rows } = await database.read((pool) => pool.query<Row>({ ...FIND, values }));
      const students = rows.map(toStudent);
      return new Map(students.map(({ name, age }) => [name, age]));
    },
    query: createQuery(database),
    list: () => readList(database),
    change: (wanted) => (wanted.isPreview ? previewChange(database, wanted) : change(wanted)),
    whyReadOnly: database.whyReadOnly,
    async health() {
      try {
        return { students: (await look()).all, problem: undefined };
      } catch (error) {
        if (!(error instanceof NoListError)) throw error;
        return { students: undefined, problem: error.message };
      }
    },
    gauges: [sinceLook(() => lookedAt), ...database.gauges],
    close: database.close,
  };
}
