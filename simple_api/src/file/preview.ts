import { createPause } from '../service/pause';
import { applyChange, type Change, type Edit, type Outcome } from '../students/change';
import { fold } from '../students/fold';
import { MAX_STUDENTS } from './layout';
import type { Snapshot } from './snapshot';

/** Of a preview: a long name, once for each short one, would fill the memory. */
const MAX_LIKES = 1_000;

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
  let likes = 0;
  for (const edit of done.edits) {
    const like = edit.was === null && likes < MAX_LIKES ? alike.get(fold(edit.name)) : undefined;
    if (like !== undefined) likes++;
    edits.push(edit.was === null ? { ...edit, like } : edit);
    await pause();
  }
  return { ...done, edits, version };
}
