import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Student, StudentList } from './list';
import { DEFAULT_QUERY, type StudentQuery } from './query';
import { PART_SIZE, prepareList } from './students';

/** All parts of a file, as they follow each other. */
function partsOf(list: StudentList, query: Partial<StudentQuery> = {}): Uint8Array[] {
  const { csvPart } = prepareList(list);
  const parts: Uint8Array[] = [];
  for (let start: number | undefined = 0; start !== undefined; ) {
    const part = csvPart({ ...DEFAULT_QUERY, ...query }, start);
    parts.push(part.bytes);
    start = part.next;
  }
  return parts;
}

const studentsOf = (count: number) =>
  Array.from({ length: count }, (_, i): Student => [String(i).padStart(4, '0'), i % 2 ? 20 : 30]);

test('the parts of a file together have each student once, in order, below one line of headings', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 5 * PART_SIZE }),
      fc.constantFrom('', '1', 'x'),
      fc.constantFrom('name', 'age'),
      (count, name, sort) => {
        const list = studentsOf(count);
        const ordered =
          sort === 'age' ? list.toSorted(([, a], [, b]) => Number(a) - Number(b)) : list;
        const rows = ordered.filter((student) => student[0].includes(name));
        expect(Buffer.concat(partsOf(list, { name, sort })).toString()).toBe(
          `\uFEFFName,Age\r\n${rows.map(([it, age]) => `"${it}",${age}\r\n`).join('')}`,
        );
      },
    ),
  );
});

test('a part is at most 64 KiB, whatever the names', () => {
  const list = studentsOf(3 * PART_SIZE).map(([name]): Student => [name.padEnd(200, '각'), '150']);
  const parts = partsOf(list);
  expect(parts).toHaveLength(3);
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(64 * 1024);
});
