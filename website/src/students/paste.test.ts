import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRows, toPatch } from './paste';

const read = (text: string) => [...readRows(text).students];

test.each([
  ['tabs, as a spreadsheet copies them', 'Ann\t20\nDoe, John; jr\t21\n'],
  ['semicolons', 'Ann;20\n"Doe, John; jr";21\n'],
  ['commas', 'Ann,20\n"Doe, John; jr",21\n'],
  ['commas, with quotation marks in the first line', '"Ann" , "20"\r\n"Doe, John; jr","21"'],
  ['commas and line feeds of an old Mac', 'Ann,20\r"Doe, John; jr",21\r'],
  ['white space, and empty lines, and more', '\n Ann ,\u00a020 ,x\n\n \n"Doe, John; jr",21'],
])('cells are separated by %s', (_what, text) => {
  expect(read(text).join(' | ')).toBe('Ann,20 | Doe, John; jr,21');
});

test('quotation marks within a name are a part of it; 200 characters are those that people count', () => {
  const names = read('Al "Big" Ray\t20\n"a ""b"""\t21').map(([name]) => name);
  expect(names).toEqual(['Al "Big" Ray', 'a "b"']);
  expect(read(`${'😀'.repeat(200)},20`)).toHaveLength(1);
});

const NAME = 'a name has 1 to 200 characters';
const CONTROL = 'a name has no line breaks, tabs and the like';
const AGE = 'an age is a whole number from 0 to 150';

test.each([
  ['Nom;Âge\nAnn;20', 'Nom, Âge', 'taken as the row of headings'],
  ['Ben,1\n,20', ', 20', NAME],
  [`Ben,1\n${'é'.repeat(201)},20`, `${'é'.repeat(99)}…`, NAME],
  ['Ben,1\n"a\nb",20', 'a\nb, 20', CONTROL],
  ['Ann', 'Ann, ', AGE],
  ...['old', '151', '-1', '1e1', '٢٠'].map((age) => [`Ben,1\nAnn,${age}`, `Ann, ${age}`, AGE]),
  ['Ann,20\nAnn,20\nAnn,21', 'Ann, 21', 'the name is there before, with the age 20'],
  ['Ann,20\n"Ben,21\nCleo,22', 'All from row 2 on', 'a quotation mark is out of place'],
  ['Ann,20\n"Ben"x,21\nCleo,22', 'All from row 2 on', 'a quotation mark is out of place'],
])('a row is left out, and the page says why: %j', (text, row, reason) => {
  const { students, leftOut } = readRows(text);
  expect(leftOut).toEqual([[row, reason]]);
  expect(students.has('Cleo')).toBe(false);
});

test('the merge patch is JSON, whatever is pasted', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const { students } = readRows(`${a},20\n${b};21\nAhmed,21`);
      expect(Object.keys(JSON.parse(toPatch(students)))).toHaveLength(students.size);
    }),
  );
});
