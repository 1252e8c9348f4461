import fc from 'fast-check';
import type { Age, Student } from '../src/students/student';

/** Names that are easily taken for others, lost or moved. */
const TRICKY = ['__proto__', '10', '9', '<b>', '..', 'Zoe', 'Zoë', 'ZOE', 'ﬁ', '😀'];

export const anyName = fc.oneof(
  fc.constantFrom(...TRICKY),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 200 })
    .filter((text) => text.isWellFormed() && !/\p{Cc}/u.test(text)),
);

export const anyAge: fc.Arbitrary<Age> = fc.oneof(
  fc.integer({ min: 0, max: 150 }),
  fc.integer({ min: 0, max: 150 }).map(String),
  fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(3, '0')),
);

/** Any valid list of up to 20 students. */
export const anyStudents: fc.Arbitrary<Student[]> = fc.uniqueArray(
  fc.record({ name: anyName, age: anyAge }, { noNullPrototype: true }),
  { selector: ({ name }) => name, maxLength: 20 },
);

/** Writes them as a list's file may be written. */
export function toFile(
  students: readonly Student[],
  [a = '', b = '', c = '']: string[] = [],
): string {
  const members = students.map(
    ({ name, age }) => `${b}${JSON.stringify(name)}${c}:${b}${JSON.stringify(age)}${a}`,
  );
  return `${a}{${members}${c}}${b}`;
}
