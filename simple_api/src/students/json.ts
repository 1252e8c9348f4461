import type { StudentList } from './list';

/** What comes before the members, each of which is a line. */
export const HEAD = '{\n  "student_ages": {\n';

/** What comes behind the last one. */
export const TAIL = '\n  }\n}\n';

/** How many students are turned into text at a time: strings of a whole long list fill the heap. */
const STUDENTS_AT_A_TIME = 1_000;

/**
 * Writes a list as JSON: indented by two spaces, not escaped beyond what JSON demands, with a newline
 * at the end; byte for byte what Flask's `jsonify` printed. It is put together from the pairs,
 * because an object would reorder them.
 *
 * @param list in the order in which it is to be written
 * @returns the text in UTF-8
 */
export function studentListToJson(list: StudentList): Buffer {
  if (list.length === 0) return Buffer.from('{\n  "student_ages": {}\n}\n');
  // Written twice, the first time only to learn the length: to collect the parts and join them would
  // take twice the memory of a long list.
  let length = 0;
  for (const part of partsOf(list)) length += Buffer.byteLength(part);
  const json = Buffer.allocUnsafeSlow(length);
  let end = 0;
  for (const part of partsOf(list)) end += json.write(part, end);
  return json;
}

function* partsOf(list: StudentList): Generator<string> {
  yield HEAD;
  for (let start = 0; start < list.length; start += STUDENTS_AT_A_TIME) {
    if (start > 0) yield ',\n';
    yield list
      .slice(start, start + STUDENTS_AT_A_TIME)
      .map(toMember)
      .join(',\n');
  }
  yield TAIL;
}

function toMember([name, age]: StudentList[number]): string {
  return `    ${JSON.stringify(name)}: ${JSON.stringify(age)}`;
}
