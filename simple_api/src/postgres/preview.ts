import { applyChange, type Change, type Outcome } from '../students/change';
import { fold } from '../students/fold';
import { addLikes } from '../students/likes';
import { orderKey } from '../students/order';
import { CHANGE_MS, type Database, tooLong } from './database';
import { begin, READ, rollback, withConnection } from './transaction';
import { within } from './within';

const ALIKE = `SELECT folded, name FROM student
  WHERE left(folded, 100) = ANY($1) AND folded = ANY($2) AND name <> ALL($3) ORDER BY name`;

/** What a change would do to one state. */
export function previewChange(database: Database, change: Change): Promise<Outcome> {
  const asked = database.use('others', (pool) =>
    withConnection(pool, async (client) => {
      const now = await begin(client, READ, [change]);
      const done = applyChange(now, change, Infinity);
      if ('refused' in done) return rollback(client, done);
      const added = done.edits.filter(({ was }) => was === null).map(({ name }) => fold(name));
      const removed = done.edits.filter(({ age }) => age === null).map(({ name }) => name);
      const values = [added.map(orderKey), added, removed];
      const { rows } = await client.query<{ folded: string; name: string }>(ALIKE, values);
      const alike = new Map(rows.map(({ folded, name }) => [folded, name]));
      const edits = await addLikes(done.edits, alike);
      return rollback(client, { ...done, edits, version: now.version });
    }),
  );
  return within(CHANGE_MS, asked, tooLong);
}
