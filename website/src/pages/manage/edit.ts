import type { Outcome } from '../../api/responses';
import type { Visitor } from '../../api/visitor';
import { toPatch } from '../../students/paste';
import { type Age, isAge } from '../../students/student';

/** What becomes of one student; null is one who is not on the list. */
export type Edit = Readonly<{ name: string; age: Age | null; was: Age | null }>;

const LATE: Outcome = { status: 412, error: '', fields: {} };
const BUSY: Outcome = {
  ...LATE,
  status: 503,
  error: 'Nothing was changed: others keep changing the list',
};
const TAKEN: Outcome = { ...LATE, fields: { name: 'taken' } };
const WRONG_AGE: Outcome = { ...LATE, status: 400, fields: { age: 'wrong' } };

/** While others are being changed. */
const ATTEMPTS = 5;

/** Edits students who are all still what they were, or nobody; others may change meanwhile. */
export async function edit(visitor: Visitor, edits: readonly Edit[], signal: AbortSignal) {
  if (edits.some(({ age }) => age !== null && !isAge(age))) return WRONG_AGE;
  const [one, ...others] = edits;
  if (one && others.length === 0) return editOne(visitor, one, signal);
  const patch = toPatch(edits.map(({ name, age }) => [name, age]));
  let outcome = LATE;
  for (let attempt = 0; outcome.status === 412 && attempt < ATTEMPTS; attempt++) {
    const preview = await visitor.preview(patch);
    if (preview.status !== 200) return preview;
    const now = new Map(preview.students.map(({ name, was }) => [name, was]));
    const late = edits.find(({ name, was }) => now.get(name) !== was);
    if (late) return late.was === null ? TAKEN : LATE;
    outcome = await visitor.patch(patch, { 'If-Match': preview.etag });
  }
  return outcome.status === 412 ? BUSY : outcome;
}

async function editOne(visitor: Visitor, { name, age, was }: Edit, signal: AbortSignal) {
  if (was === null) return visitor.put(name, age, { 'If-None-Match': '*' });
  const now = await visitor.student(name, signal);
  if (now?.age !== was) return LATE;
  const condition = { 'If-Match': now.etag };
  return age === null ? visitor.remove(name, condition) : visitor.put(name, age, condition);
}
