import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a list as the API's file, or the same students in another order.
 *
 * @param {string} folder
 * @param {number} students
 * @param {boolean} [backwards]
 * @returns {string} the file's path, which is the same each time
 */
export function writeList(folder, students, backwards = false) {
  const file = join(folder, `${students}.json`);
  const members = Array.from(
    { length: students },
    (_, i) => `  "Student ${(i * 7919) % students}": "${18 + (i % 40)}"`,
  );
  if (backwards) members.reverse();
  writeFileSync(file, `{\n${members.join(',\n')}\n}\n`);
  return file;
}
