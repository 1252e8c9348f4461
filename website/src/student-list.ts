import * as z from 'zod';
import { compareCodePoints } from './code-point-order';

/** A student's age, 0 to 150, in the type and the text that the API sends it in. */
export type Age = string | number;

/** A student's name and age. */
export type Student = readonly [name: string, age: Age];

/**
 * The list: an ordered array of pairs. It is never an object used as a map, in which `__proto__`
 * and `10` would not be names like all others.
 */
export type StudentList = readonly Student[];

/** The greatest age. */
const MAX_AGE = 150;

/** Why an answer of the API is not a list. The message never quotes the answer. */
export class StudentListError extends Error {
  override readonly name = 'StudentListError';
}

// Not z.record, which loses a student whose name is `__proto__`.
const answer = z.object({
  student_ages: z.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  ),
});

/**
 * Reads the list from the text of the API's answer.
 *
 * @returns the students in the order of their names, by code point, as the API sends them;
 *   `JSON.parse` moves names that look like numbers to the front
 * @throws StudentListError at the first thing that is not as it must be
 */
export function parseStudentList(text: string): StudentList {
  const { data } = answer.safeParse(parseJson(text));
  if (!data) throw new StudentListError('it has no object "student_ages"');

  // By hand: zod would take longer for 100,000 students than JSON.parse.
  const students = Object.entries(data.student_ages).map(([name, age], index): Student => {
    if (name === '') throw new StudentListError(`the name of student ${index + 1} is empty`);
    if (!isAge(age)) throw new StudentListError(`the age of student ${index + 1} is not valid`);
    return [name, age];
  });
  return students.sort(([a], [b]) => compareCodePoints(a, b));
}

function isAge(value: unknown): value is Age {
  const isWritten =
    typeof value === 'string' ? /^[0-9]{1,3}$/.test(value) : Number.isInteger(value);
  return isWritten && Number(value) >= 0 && Number(value) <= MAX_AGE;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StudentListError('it is not JSON');
  }
}
