import { type Age, MAX_STUDENTS } from './list';

/** What is wanted of the list, all of it or nothing. */
export interface Change {
  /** The new age of each name; null removes it. */
  readonly ages: ReadonlyMap<string, Age | null>;
  /** One of these tags must be the only student's now. */
  readonly match?: readonly string[] | undefined;
  /** None of these may be. */
  readonly noneMatch?: readonly string[] | undefined;
}

/** What came of a change. */
export type Outcome =
  | { readonly added: number; readonly changed: number; readonly removed: number }
  | Refusal;

/** Why nothing was changed. */
export interface Refusal {
  readonly refused: 'condition' | 'full' | 'broken' | 'read-only' | 'no space';
  /** In words. */
  readonly reason: string;
}

/** Tells a student from one of the same name with another age, or an age of another type. */
export function studentTag(age: Age): string {
  return `"${typeof age}-${age}"`;
}

/** Applies a change to the ages of a list, if its conditions hold and there is room. */
export function applyChange(list: Map<string, Age>, change: Change): Outcome {
  const count = { added: 0, changed: 0, removed: 0 };
  for (const [name, age] of change.ages) {
    const before = list.get(name);
    if (before === undefined && age === null) continue;
    const reason = whyNot(change, before);
    if (reason) return { refused: 'condition', reason };
    if (before === undefined) count.added++;
    else if (age === null) count.removed++;
    else if (age !== before) count.changed++;
  }
  if (list.size + count.added - count.removed > MAX_STUDENTS) {
    return { refused: 'full', reason: `The list is full: it has at most ${MAX_STUDENTS} students` };
  }
  for (const [name, age] of change.ages) {
    if (age === null) list.delete(name);
    else list.set(name, age);
  }
  return count;
}

function whyNot({ match, noneMatch }: Change, age: Age | undefined): string | undefined {
  // `*` stands for whatever is there (RFC 9110, 13.1).
  const tags = age === undefined ? [] : [studentTag(age), '*'];
  const isAmong = (wanted: readonly string[]) => tags.some((tag) => wanted.includes(tag));
  if (match && !isAmong(match)) return 'It has changed meanwhile, or is gone';
  return noneMatch && isAmong(noneMatch) ? 'It is there already' : undefined;
}
