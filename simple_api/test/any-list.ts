import fc from 'fast-check';
import type { Student } from '../src/students/list';

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).filter((text) => text.isWellFormed()),
  fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', '0', '10', '9', '<b>', '&amp;'),
);
const age = fc.oneof(
  fc.integer({ min: 0, max: 150 }),
  fc.integer({ min: 0, max: 150 }).map(String),
  fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(3, '0')),
);

/** Any valid list of up to 20 students, for property-based tests. */
export const anyList = fc.uniqueArray<Student, string>(fc.tuple(name, age), {
  selector: ([name]) => name,
  maxLength: 20,
});
