import { isAge, MAX_STUDENTS, type Student, type StudentList } from '../students/list';
import { ApiError } from './error';

/** How the API writes what is before and after the members of a list. */
const HEAD = '{\n  "student_ages": {\n';
const TAIL = '\n  }\n}\n';

/** How much is parsed at a time, in UTF-16 units: a whole list takes some times its size in memory. */
const PART_LENGTH = 256 * 1024;

/**
 * How much is parsed at a time of what the API cannot have written. A thread that runs out of memory
 * within `JSON.parse` takes the process along.
 */
export const MAX_PART_LENGTH = 8 * 1024 * 1024;

/** A body, as it comes. */
export type ResponseBody = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Reads the list from the API's response.
 *
 * @returns the students in the order of their names, by code point, as the API sends them;
 *   `JSON.parse` moves names that look like numbers to the front
 * @throws ApiError at the first thing that is not as it must be; it never quotes the response
 */
export async function parseStudentList(response: ResponseBody): Promise<StudentList> {
  const students: Student[] = [];
  for await (const text of inParts(response)) {
    for (const [name, age] of Object.entries(studentAges(parseJson(text)))) {
      if (name === '') throw nonsense(`the name of student ${students.length + 1} is empty`);
      if (!isAge(age)) throw nonsense(`the age of student ${students.length + 1} is not valid`);
      students.push([name, age]);
    }
    if (students.length > MAX_STUDENTS) throw nonsense(`it has more than ${MAX_STUDENTS} students`);
  }
  return students.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Makes of a response that the API wrote several, each with a part of the list; of any other one. */
async function* inParts(response: ResponseBody): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  let isWrittenByApi: boolean | undefined;
  for await (const bytes of response) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length < PART_LENGTH) continue;
    isWrittenByApi ??= text.startsWith(HEAD);
    // Never within a name: JSON has no line feed in a string.
    const end = isWrittenByApi ? text.lastIndexOf(',\n') : -1;
    if (end === -1 && text.length > MAX_PART_LENGTH)
      throw nonsense('it is too long for its layout');
    if (end === -1) continue;
    yield text.slice(0, end) + TAIL;
    text = HEAD + text.slice(end + 1);
  }
  yield text + decoder.decode();
}

function studentAges(value: unknown): object {
  const ages = isObject(value) && 'student_ages' in value ? value.student_ages : undefined;
  if (!isObject(ages)) throw nonsense('it has no object "student_ages"');
  return ages;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
