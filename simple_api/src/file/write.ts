import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { applyChanges, type Change, type Outcome, type Refusal } from '../students/change';
import type { Current } from './current';
import { editLayout, MAX_FILE_BYTES, MAX_STUDENTS, TOO_LONG } from './layout';
import { followLinks } from './mount';
import { notAllowed, whyReadOnly } from './read-only';
import { replaceFile } from './replace';
import { versionOf } from './snapshot';

/** While somebody else changes the file. */
const ATTEMPTS = 5;

/** Applies changes to what is in the file now, one after the other, and writes that once, durably. */
export async function writeChanges(
  file: string,
  current: Current,
  changes: readonly Change[],
): Promise<readonly Outcome[]> {
  let refusal: Refusal = { refused: 'broken', reason: `${file} does not stop changing` };
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [{ snapshot, problem }, path] = await Promise.all([current.read(), followLinks(file)]);
      if (!snapshot) {
        refusal = { refused: 'broken', reason: `${problem}` };
        if (problem === current.health().problem) break;
        await sleep(50); // an editor that saves the file leaves it broken for a moment, or gone
        continue;
      }
      const reason = current.whyMoved(path) ?? (await snapshot.whyReadOnly());
      if (reason !== undefined) return changes.map(() => ({ refused: 'read-only', reason }));
      const { entries } = snapshot.layout;
      const ageOf = (name: string) => entries.get(name)?.age;
      const now = { version: snapshot.version, all: entries.size, ageOf };
      const { ages, outcomes } = await applyChanges(now, changes, MAX_STUDENTS);
      if (ages.size === 0) return outcomes;
      const { bytes, commit } = await editLayout(snapshot.layout, ages);
      if (bytes.length > MAX_FILE_BYTES) {
        if (changes.length === 1) return [FULL];
        // One that does not fit does not hold up others.
        const half = changes.length >> 1;
        const first = await writeChanges(file, current, changes.slice(0, half));
        return [...first, ...(await writeChanges(file, current, changes.slice(half)))];
      }
      const replaced = replaceFile(path, snapshot.stats, bytes);
      const version = versionOf(bytes); // while the disk is busy
      const stats = await replaced;
      if (stats === undefined) continue; // the file has changed meanwhile
      current.wrote({ ...snapshot, stats, version, layout: commit() });
      return outcomes;
    }
  } catch (error) {
    refusal = await toRefusal(file, error);
  }
  return changes.map(() => refusal);
}

const FULL: Refusal = { refused: 'full', reason: `The list is full: ${TOO_LONG}` };

const NOT_ALLOWED = new Set<unknown>(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

/** @throws the error where nobody foresaw it */
async function toRefusal(file: string, error: unknown): Promise<Refusal> {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { refused: 'no space', reason: `There is no space left for ${file}` };
  }
  if (!NOT_ALLOWED.has(code)) throw error;
  return {
    refused: 'read-only',
    reason: (await whyReadOnly(file, async () => undefined)) ?? (await notAllowed(file)),
  };
}
