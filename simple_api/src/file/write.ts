import { isNativeError } from 'node:util/types';
import { createPace } from '../service/pace';
import {
  applyChange,
  type Change,
  type Done,
  type Outcome,
  type Refusal,
} from '../students/change';
import { fold } from '../students/fold';
import type { Age } from '../students/student';
import type { Current } from './current';
import { editLayout, MAX_FILE_BYTES, MAX_STUDENTS, TOO_LONG } from './layout';
import { sortAgain } from './order';
import { StudentFileError } from './read';
import { followLinks, notAllowed, whyReadOnly } from './read-only';
import { replaceFile } from './replace';
import { type Snapshot, versionOf } from './snapshot';

/** How often changes are made again to a file that somebody else changes meanwhile. */
const ATTEMPTS = 5;

/**
 * Applies changes to what is in the file now, one after the other, and writes that once, durably. Where
 * that is no list, they are refused, and it is left alone.
 *
 * @returns what came of each change
 * @throws Error when something is wrong that nobody foresaw
 */
export async function writeChanges(
  file: string,
  current: Current,
  changes: readonly Change[],
): Promise<readonly Outcome[]> {
  let refusal: Refusal = { refused: 'broken', reason: `${file} does not stop changing` };
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { snapshot, problem } = await current.read();
      if (!snapshot) throw new StudentFileError(problem);
      const written = await write(file, snapshot, changes);
      if (written?.snapshot) current.wrote(written.snapshot);
      if (written) return written.outcomes;
    }
  } catch (error) {
    refusal = await toRefusal(file, error);
  }
  return changes.map(() => refusal);
}

/** What became of changes that were made together, and the state after them, if it is a new one. */
interface Written {
  readonly outcomes: readonly Outcome[];
  readonly snapshot?: Snapshot;
}

/** @returns undefined when the file has changed meanwhile, and is left alone */
async function write(
  file: string,
  before: Snapshot,
  changes: readonly Change[],
): Promise<Written | undefined> {
  const { ages, done } = applyAll(before, changes);
  if (ages.size === 0) return { outcomes: done.map((it) => withVersion(it, before.version)) };
  const { bytes, commit } = await editLayout(before.layout, ages, createPace());
  if (bytes.length > MAX_FILE_BYTES) {
    return {
      outcomes: changes.map(() => ({ refused: 'full', reason: `The list is full: ${TOO_LONG}` })),
    };
  }
  const fingerprint = await replaceFile(await followLinks(file), before.fingerprint, bytes);
  if (fingerprint === undefined) return undefined;
  const version = versionOf(bytes);
  const layout = commit();
  const orders = sortAgain(layout.entries, before.orders);
  return {
    outcomes: done.map((it) => withVersion(it, version)),
    snapshot: { fingerprint, version, layout, orders },
  };
}

/** What a change would do to a state. */
export function preview({ version, layout }: Snapshot, change: Change): Outcome {
  const { entries } = layout;
  const ageOf = (name: string) => entries.get(name)?.age;
  const done = applyChange({ version, all: entries.size, ageOf }, change, MAX_STUDENTS);
  if ('refused' in done) return done;
  const alike = new Map<string, string>();
  for (const { folded, name } of entries.values()) {
    if (change.ages.get(name) !== null) alike.set(folded, name);
  }
  const edits = done.edits.map((edit) =>
    edit.was === null ? { ...edit, like: alike.get(fold(edit.name)) } : edit,
  );
  return { ...done, edits, version };
}

function applyAll({ version, layout }: Snapshot, changes: readonly Change[]) {
  const ages = new Map<string, Age | null>();
  let all = layout.entries.size;
  const ageOf = (name: string) => {
    const age = ages.get(name);
    return age === undefined ? layout.entries.get(name)?.age : (age ?? undefined);
  };
  const done = changes.map((change) => {
    const now = { version: ages.size === 0 ? version : undefined, all, ageOf };
    const outcome = applyChange(now, change, MAX_STUDENTS);
    if ('refused' in outcome) return outcome;
    all += outcome.added - outcome.removed;
    for (const { name, age } of outcome.edits) ages.set(name, age);
    return outcome;
  });
  return { ages, done };
}

function withVersion(outcome: Done | Refusal, version: string): Outcome {
  return 'refused' in outcome ? outcome : { ...outcome, version };
}

/** What the file system says where something is not for this user, or not to be written at all. */
const NOT_ALLOWED = new Set<unknown>(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

/** @throws the error when nobody foresaw it */
async function toRefusal(file: string, error: unknown): Promise<Refusal> {
  if (error instanceof StudentFileError) return { refused: 'broken', reason: error.message };
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { refused: 'no space', reason: `There is no space left for ${file}` };
  }
  if (code === 'ENOENT') return { refused: 'broken', reason: `${file} was removed meanwhile` };
  if (!NOT_ALLOWED.has(code)) throw error;
  return { refused: 'read-only', reason: (await whyReadOnly(file)) ?? (await notAllowed(file)) };
}
