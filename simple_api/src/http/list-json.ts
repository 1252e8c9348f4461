import { pause } from '../service/pause';
import type { Listing } from '../students/store';
import type { Student } from '../students/student';

const TYPE = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };

/** Codings of the whole list (RFC 9110, 8.4): each has headers and, behind the version, a tag of its own. */
export const CODINGS = {
  identity: { content: TYPE, suffix: '' },
  gzip: { content: { ...TYPE, 'Content-Encoding': 'gzip' }, suffix: '-gzip' },
};

/** Byte for byte what Flask's `jsonify` printed, in parts. An object would reorder the students. */
export async function* listToJson({ parts }: Listing): AsyncGenerator<Buffer> {
  // Not sent by itself: who leaves at the first text must have begun to read the list, so that it is ended.
  let before = '{\n  "student_ages": {\n';
  for await (const students of parts) {
    await pause();
    if (students.length === 0) continue;
    yield Buffer.from(before + students.map(toMember).join(',\n'));
    before = ',\n';
  }
  yield Buffer.from(before === ',\n' ? '\n  }\n}\n' : '{\n  "student_ages": {}\n}\n');
}

function toMember({ name, age }: Student): string {
  return `    ${JSON.stringify(name)}: ${JSON.stringify(age)}`;
}
