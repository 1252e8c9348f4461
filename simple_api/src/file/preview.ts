import { applyChange, type Change, type Outcome } from '../students/change';
import { addLikes } from '../students/likes';
import { MAX_STUDENTS } from './layout';
import type { Snapshot } from './snapshot';

/** What a change would do to a state, which must stay as it is meanwhile. */
export async function preview({ version, layout }: Snapshot, change: Change): Promise<Outcome> {
  const { entries } = layout;
  const ageOf = (name: string) => entries.get(name)?.age;
  const done = applyChange({ version, all: entries.size, ageOf }, change, MAX_STUDENTS);
  if ('refused' in done) return done;
  const alike = new Map<string, string>();
  for (const { folded, name } of entries.values()) {
    if (change.ages.get(name) !== null) alike.set(folded, name);
  }
  return { ...done, edits: await addLikes(done.edits, alike), version };
}
