import { isNativeError } from 'node:util/types';
import { applyChange, type Change, type Outcome, type Refusal } from './change';
import { decodeUtf8, MAX_FILE_BYTES, readStudentFile, StudentFileError } from './file';
import { type Member, readMembers, StudentListError } from './list';
import { followLinks, notAllowed, whyReadOnly } from './read-only';
import { replaceFile } from './replace-file';
import { rewrite } from './rewrite';

/** What the file system says where something is not for this user, or not to be written at all. */
const NOT_ALLOWED = new Set<unknown>(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

const TOO_LARGE: Refusal = {
  refused: 'full',
  reason: `The list is full: its file has at most ${MAX_FILE_BYTES} bytes`,
};

/** How often a file is read again that changes while it is being replaced. */
const ATTEMPTS = 5;

/**
 * Applies changes to the list in a file, one after the other, and writes that once, durably. They are
 * applied to what is in the file now; where that is no list, they are refused, and it is left alone.
 *
 * @returns what came of each change
 * @throws Error when something is wrong that nobody foresaw
 */
export async function writeChanges(file: string, changes: readonly Change[]): Promise<Outcome[]> {
  let refusal: Refusal = { refused: 'broken', reason: `${file} does not stop changing` };
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const path = await followLinks(file);
      const { version, outcomes, changed } = await apply(path, changes);
      if (!changed || (await replaceFile(path, version, changed))) return outcomes;
    }
  } catch (error) {
    refusal = await toRefusal(file, error);
  }
  return changes.map(() => refusal);
}

/** Returns what came of each change, and the new content of the file, if there is one. */
async function apply(path: string, changes: readonly Change[]) {
  const { bytes, version } = await readStudentFile(path);
  const text = decodeUtf8(bytes);
  const members = new Map<string, Member>();
  for (const member of readMembers(text)) members.set(member.name, member);
  const ages = new Map(Array.from(members, ([name, { age }]) => [name, age]));
  const outcomes = changes.map((change) => applyChange(ages, change));
  const isChanged = outcomes.some((it) => 'added' in it && it.added + it.changed + it.removed > 0);
  if (!isChanged) return { version, outcomes };
  const changed = rewrite(bytes, text, members, ages);
  const size = changed.reduce((sum, { length }) => sum + length, 0);
  if (size <= MAX_FILE_BYTES) return { version, outcomes, changed };
  return { version, outcomes: changes.map(() => TOO_LARGE) };
}

/** @throws the error when nobody foresaw it */
async function toRefusal(file: string, error: unknown): Promise<Refusal> {
  if (error instanceof StudentFileError) return { refused: 'broken', reason: error.message };
  if (error instanceof StudentListError) {
    return { refused: 'broken', reason: `${file}, ${error.message}` };
  }
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { refused: 'no space', reason: `There is no space left for ${file}` };
  }
  if (code === 'ENOENT') return { refused: 'broken', reason: `${file} was removed meanwhile` };
  if (!NOT_ALLOWED.has(code)) throw error;
  return { refused: 'read-only', reason: (await whyReadOnly(file)) ?? (await notAllowed(file)) };
}
