import * as z from 'zod';
import type { Age, Student, StudentList } from '../students/list';
import { ApiError } from './error';

const MAX_AGE = 150;

// Not z.record, which loses a student whose name is `__proto__`.
const response = z.object({
  student_ages: z.custom<object>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ),
});

/**
 * Reads the list from the text of the API's response.
 *
 * @returns the students in the order of their names, by code point, as the API sends them;
 *   `JSON.parse` moves names that look like numbers to the front
 * @throws ApiError at the first thing that is not as it must be; it never quotes the response
 */
export function parseStudentList(text: string): StudentList {
  const { data } = response.safeParse(parseJson(text));
  if (!data) throw nonsense('it has no object "student_ages"');

  // By hand: zod would take longer for 100,000 students than JSON.parse.
  const students = Object.entries(data.student_ages).map(([name, age], index): Student => {
    if (name === '') throw nonsense(`the name of student ${index + 1} is empty`);
    if (!isAge(age)) throw nonsense(`the age of student ${index + 1} is not valid`);
    return [name, age];
  });
  return students.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
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
    throw nonsense('it is not JSON');
  }
}

function nonsense(reason: string): ApiError {
  return new ApiError('nonsense', `the response is not a list: ${reason}`);
}
