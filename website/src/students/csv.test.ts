import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { toCsv } from './csv';

const read = (csv: string): string[][] => parse(csv, { record_delimiter: '\r\n' });

test('a student is a line, each age in its own text', () => {
  const ages = ['20', 7, '007'];
  const students = ages.map((age) => ({ name: 'Élise', age }));
  expect(toCsv(students)).toBe('"Élise",20\r\n"Élise",7\r\n"Élise",007\r\n');
});

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠a'];
test.each([...FORMULAS, '\t=1', '\r=1', ' =1', '\0=1', '\ta'])(
  '%j gets an apostrophe, and is no formula',
  (name) => expect(read(toCsv([{ name, age: 20 }]))).toEqual([[`'${name}`, '20']]),
);

test.each(['a=1', 'Anne-Marie', "'", 'a,b', 'a;=1', 'say "hi"', 'two\r\nlines', ' a', '٣'])(
  '%j stays as it is',
  (name) => expect(read(toCsv([{ name, age: 20 }]))).toEqual([[name, '20']]),
);

test('any list can be read again, and has no cell that starts like a formula', () => {
  const special = fc.constantFrom('"', ',', '\r', '\n', ';', '=', '-', ' ', 'a');
  const name = fc.oneof(...(['binary', special] as const).map((unit) => fc.string({ unit })));
  fc.assert(
    fc.property(fc.array(fc.record({ name, age: fc.nat(150) })), (students) => {
      const rows = read(toCsv(students));
      const expected = students.map((it) => [it.name.replace(/^'/, ''), `${it.age}`]);
      expect(rows.map(([cell = '', age]) => [cell.replace(/^'/, ''), age])).toEqual(expected);
      for (const [cell] of rows) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});
