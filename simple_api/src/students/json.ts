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
  const parts = [Buffer.from(HEAD)];
  for (let start = 0; start < list.length; start += STUDENTS_AT_A_TIME) {
    const end = start + STUDENTS_AT_A_TIME;
    const members = list.slice(start, end).map(toMember).join(',\n');
    parts.push(Buffer.from(end < list.length ? `${members},\n` : members));
  }
  parts.push(Buffer.from(TAIL));
  return Buffer.concat(parts);
}

function toMember([name, age]: StudentList[number]): string {
  return `    ${JSON.stringify(name)}: ${JSON.stringify(age)}`;
}
