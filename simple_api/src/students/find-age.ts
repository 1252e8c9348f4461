import { HEAD, TAIL } from './json';
import type { Age } from './list';

const LINE_FEED = 10;

/**
 * Finds a student's age in a list's JSON. Each member there is a line, and the lines are in the order
 * of the names, so a binary search takes at most 18 steps and no memory: an index of a long list
 * would take as much as the list.
 *
 * @param json what `studentListToJson` wrote of a list that is sorted by name
 * @returns undefined when there is no such student
 */
export function findAge(json: Uint8Array<ArrayBuffer>, name: string): Age | undefined {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  const wanted = Buffer.from(name);
  let low = HEAD.length;
  let high = bytes.length - TAIL.length + 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = bytes.lastIndexOf(LINE_FEED, middle - 1) + 1;
    const end = bytes.indexOf(LINE_FEED, middle);
    const member = bytes.toString('utf8', start, end).replace(/,$/, '');
    const [[found, age] = ['']] = Object.entries<Age>(JSON.parse(`{${member}}`));
    const order = Buffer.compare(Buffer.from(found), wanted);
    if (order === 0) return age;
    if (order < 0) low = end + 1;
    else high = start;
  }
  return undefined;
}
