import { pause } from '../service/pause';
import type { Edit } from './change';
import { fold } from './fold';

/** Of a preview: a long name, once for each short one, would fill the memory. */
const MAX_LIKES = 1_000;

/** Says of new students who is on the list with a name that looks the same. @param alike by folded name */
export async function addLikes(
  edits: readonly Edit[],
  alike: ReadonlyMap<string, string>,
): Promise<readonly Edit[]> {
  const told: Edit[] = [];
  let likes = 0;
  for (const edit of edits) {
    const like = edit.was === null && likes < MAX_LIKES ? alike.get(fold(edit.name)) : undefined;
    if (like !== undefined) likes++;
    told.push(edit.was === null ? { ...edit, like } : edit);
    await pause();
  }
  return told;
}
