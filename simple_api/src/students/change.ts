import { pause } from '../service/pause';
import type { Version } from './query';
import type { Age } from './student';

/** What is wanted of the list, all of it or nothing. */
export interface Change {
  /** The new age of each name; null removes it. */
  readonly ages: ReadonlyMap<string, Age | null>;
  /** Says why this must not be done to a state of the list. */
  readonly unless?: ((now: ListNow) => string | undefined) | undefined;
  /** Only to learn what it would do. */
  readonly isPreview?: boolean;
}

/** The state that a change meets. */
export interface ListNow {
  /** Undefined between changes that are made together: that state is never served. */
  readonly version: Version | undefined;
  readonly all: number;
  /** Of a student whom the change names. */
  readonly ageOf: (name: string) => Age | undefined;
}

/** What becomes of one student; null is one who is not on the list. */
export interface Edit {
  readonly name: string;
  readonly age: Age | null;
  readonly was: Age | null;
  /** In a preview, a student on the list whose name looks the same as this new one. */
  readonly like?: string | undefined;
}

/** What a change does, in its own order. */
export interface Done {
  /** Only of a preview. */
  readonly version?: Version;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly edits: readonly Edit[];
}

/** Why nothing was changed. */
export interface Refusal {
  readonly refused: 'condition' | 'full' | 'broken' | 'read-only' | 'no space' | 'uncertain';
  readonly reason: string;
}

/** What came of a change. */
export type Outcome = Done | Refusal;

/** What a change does to a state of the list. @param most students that fit */
export function applyChange(now: ListNow, change: Change, most: number): Outcome {
  const reason = change.unless?.(now);
  if (reason) return { refused: 'condition', reason };
  const edits: Edit[] = [];
  let [added, removed] = [0, 0];
  for (const [name, age] of change.ages) {
    const was = now.ageOf(name) ?? null;
    if (age === was) continue;
    if (was === null) added++;
    if (age === null) removed++;
    edits.push({ name, age, was });
  }
  if (added > 0 && now.all + added - removed > most) {
    return { refused: 'full', reason: `The list is full: it has at most ${most} students` };
  }
  return { added, changed: edits.length - added - removed, removed, edits };
}

/** Applies changes to a state, one after the other. @returns what comes of each, and of the students */
export async function applyChanges(
  { version, all, ageOf }: ListNow,
  changes: readonly Change[],
  most: number,
) {
  const ages = new Map<string, Age | null>();
  const outcomes: Outcome[] = [];
  const ageNow = (name: string) => {
    const age = ages.get(name);
    return age === undefined ? ageOf(name) : (age ?? undefined);
  };
  let allNow = all;
  for (const change of changes) {
    if (outcomes.length > 0) await pause(); // the first is quickly done, and others wait
    const now = { version: ages.size === 0 ? version : undefined, all: allNow, ageOf: ageNow };
    const outcome = applyChange(now, change, most);
    outcomes.push(outcome);
    if ('refused' in outcome) continue;
    allNow += outcome.added - outcome.removed;
    for (const { name, age } of outcome.edits) ages.set(name, age);
  }
  return { ages, outcomes };
}
