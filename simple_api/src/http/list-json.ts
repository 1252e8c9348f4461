import { createPause } from '../service/pause';
import type { Listing } from '../students/store';
import type { Student } from '../students/student';

/** Byte for byte what Flask's `jsonify` printed. An object would reorder the students. */
export async function listToJson({ parts }: Listing): Promise<string> {
  const texts: string[] = [];
  const pause = createPause();
  for await (const students of parts) {
    if (students.length > 0) texts.push(students.map(toMember).join(',\n'));
    await pause();
  }
  const members = texts.length === 0 ? '{}' : `{\n${texts.join(',\n')}\n  }`;
  return `{\n  "student_ages": ${members}\n}\n`;
}

function toMember({ name, age }: Student): string {
  return `    ${JSON.stringify(name)}: ${JSON.stringify(age)}`;
}
