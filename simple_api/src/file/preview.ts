import { createPause } from '../service/pause';
import { applyChange, type Change, type Edit, type Outcome } from '../students/change';
import { fold } from '../students/fold';
import { MAX_STUDENTS } from './layout';
import type { Snapshot } from './snapshot';

/** What a change would do to a state, which must stay as it is meanwhile. */
export async function preview({ version, layout }: Snapshot, change: Change): Promise<Outcome> {
  const pause = createPause();
  const { entries } = layout;
  const ageOf = (name: string) => entries.get(name)?.age;
  const done = applyChange({ version, all: entries.size, ageOf }, change, MAX_STUDENTS);
  if ('refused' in done) return done;
  const alike = new Map<string, string>();
  for (const { folded, name } of entries.values()) {
    if (change.ages.get(name) !== null) alike.set(folded, name);
  }
  const edits: Edit[] = [];
  for (const edit of done.edits) {
    edits.push(edit.was === null ? { ...edit, like: alike.get(fold(edit.name)) } : edit);
    await pause();
  }
  return { ...done, edits, version };
}
