import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toCsv } from './csv';
import type { Student } from './student';

/** Reads a file by the grammar of RFC 4180, 2. */
function read(csv: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of csv.matchAll(field)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}

test('a student is a line, each age in its own text', () => {
  const students: Student[] = [
    { name: 'Ahmed', age: '20' },
    { name: 'Élise', age: 7 },
    { name: 'Sara', age: '007' },
  ];
  expect(toCsv(students)).toBe('"Ahmed",20\r\n"Élise",7\r\n"Sara",007\r\n');
});

test.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '＝1',
  '＋1',
  '－1',
  '＠a',
  '\t=1',
  '\r=1',
  ' =1',
  '\0=1',
  '\ta',
])('%j gets an apostrophe, and is no formula', (name) => {
  expect(read(toCsv([{ name, age: 20 }]))).toEqual([[`'${name}`, '20']]);
});

test.each(['a=1', 'Anne-Marie', "'", 'a,b', 'a;=1', 'say "hi"', 'two\r\nlines', ' a', '٣'])(
  '%j stays as it is',
  (name) => {
    expect(read(toCsv([{ name, age: 20 }]))).toEqual([[name, '20']]);
  },
);

test('any list can be read again, and has no cell that starts like a formula', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({
      unit: fc.constantFrom('"', ',', '\r', '\n', ';', '=', '-', ' ', 'a'),
      minLength: 1,
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ name, age: fc.nat(150) })), (students) => {
      const rows = read(toCsv(students));
      expect(rows.map(([, age]) => Number(age))).toEqual(students.map(({ age }) => age));
      for (const [i, [cell = '']] of rows.entries()) {
        expect(cell.replace(/^'/, '')).toBe(students[i]?.name.replace(/^'/, ''));
        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }
    }),
  );
});
