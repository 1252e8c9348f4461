import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvHead, separatorFor, toCsv, withoutApostrophe } from './csv';
import { readRows } from './paste';

const read = (csv: string): string[][] => parse(csv, { record_delimiter: '\r\n' });

test('a student is a line, each age in its own text', () => {
  const ages = ['20', 7, '007'];
  const students = ages.map((age) => ({ name: 'Élise', age }));
  expect(toCsv(students, ',')).toBe('"Élise",20\r\n"Élise",7\r\n"Élise",007\r\n');
});

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠a'];
test.each([...FORMULAS, '\t=1', '\r=1', ' =1', '\0=1', '\ta'])(
  '%j gets an apostrophe, and is no formula',
  (name) => expect(read(toCsv([{ name, age: 20 }], ','))).toEqual([[`'${name}`, '20']]),
);

test.each(['a=1', 'Anne-Marie', "'", 'a,b', 'a;=1', 'say "hi"', 'two\r\nlines', ' a', '٣'])(
  '%j stays as it is',
  (name) => expect(read(toCsv([{ name, age: 20 }], ','))).toEqual([[name, '20']]),
);

test('any list can be read again, and has no cell that starts like a formula', () => {
  const special = fc.constantFrom('"', ',', '\r', '\n', ';', '=', '-', ' ', "'", 'a');
  const name = fc.oneof(...(['binary', special] as const).map((unit) => fc.string({ unit })));
  fc.assert(
    fc.property(fc.array(fc.record({ name, age: fc.nat(150) })), (students) => {
      const rows = read(toCsv(students, ','));
      const expected = students.map((it) => [it.name, `${it.age}`]);
      expect(rows.map(([cell = '', age]) => [withoutApostrophe(cell), age])).toEqual(expected);
      for (const [cell] of rows) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});

test.each([',', ';'])(
  'with %s, it can be pasted: a name stays the one it was',
  async (separator) => {
    const names = [
      '=1+1',
      "'=1+1",
      "''=1+1",
      "'Abd",
      "O'Brien",
      'Lee; Ann, jr',
      '"Al"',
      'Name',
      '+1 -',
    ];
    const csv =
      csvHead(separator) +
      toCsv(
        names.map((name) => ({ name, age: '20' })),
        separator,
      );
    const { students, rows } = await readRows(csv);
    expect([[...students.keys()], rows]).toEqual([names, names.length + 1]);
  },
);

test.each([
  [['fr-MA', 'en'], ';'],
  [['de'], ';'],
  [['en-GB', 'de'], ','],
  [['es-MX'], ','],
  [['*'], ','],
  [['x_y'], ','],
  [[], ','],
])('whose languages are %j gets cells separated by %s', (languages, separator) => {
  expect(separatorFor(languages)).toBe(separator);
});
