import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRows, toPatch } from './paste';

const read = (text: string) => [...readRows(text).students];
const leftOut = (text: string) => readRows(text).leftOut;

test.each([
  ['tabs, as a spreadsheet copies them', 'Ann\t20\nDoe, John; jr\t21\n'],
  ['semicolons', 'Ann;20\n"Doe, John; jr";21\n'],
  ['commas', 'Ann,20\n"Doe, John; jr",21\n'],
  ['commas, with quotation marks in the first line', '"Ann" , "20"\r\n"Doe, John; jr","21"'],
  ['commas and line feeds of an old Mac', 'Ann,20\r"Doe, John; jr",21\r'],
  [
    'white space and empty lines, and with further cells',
    '\n Ann ,\u00a020 ,x\n\n \n"Doe, John; jr",21',
  ],
])('cells are separated by %s', (_what, text) => {
  expect(read(text)).toEqual([
    ['Ann', '20'],
    ['Doe, John; jr', '21'],
  ]);
});

test('quotation marks within a name are a part of it', () => {
  expect(read('Al "Big" Ray\t20\n"a ""b"""\t21')).toEqual([
    ['Al "Big" Ray', '20'],
    ['a "b"', '21'],
  ]);
});

const NAME = 'a name has 1 to 200 characters';
const CONTROL = 'a name has no line breaks, tabs and the like';
const AGE = 'an age is a whole number from 0 to 150';

test.each([
  ['Nom;Âge\nAnn;20', 'Nom, Âge', 'it is taken for the headings'],
  ['Ben,1\n,20', ', 20', NAME],
  [`Ben,1\n${'é'.repeat(201)},20`, `${'é'.repeat(99)}…`, NAME],
  ['Ben,1\n"a\nb",20', 'a\nb, 20', CONTROL],
  ['Ann,151', 'Ann, 151', AGE],
  ['Ann,2o', 'Ann, 2o', AGE],
  ['Ann', 'Ann, ', AGE],
  ['Ben,1\nAnn,old', 'Ann, old', AGE],
  ['Ann,-1', 'Ann, -1', AGE],
  ['Ann,1e1', 'Ann, 1e1', AGE],
  ['Ben,1\nAnn,٢٠', 'Ann, ٢٠', AGE],
  ['Ann,20\nAnn,20\nAnn,21', 'Ann, 21', 'the name is there before, with the age 20'],
])('a row is left out, and the page says why: %j', (text, row, reason) => {
  expect(leftOut(text)).toEqual([[row, reason]]);
});

test.each(['Ann,20\n"Ben,21\nCleo,22', 'Ann,20\n"Ben"x,21\nCleo,22'])(
  'so are all after one whose quotation marks make no sense: %j',
  (text) => {
    expect(read(text)).toEqual([['Ann', '20']]);
    expect(leftOut(text)).toEqual([['All from row 2 on', 'a quotation mark is out of place']]);
  },
);

test('of many that are left out, a hundred are kept, and the rest is counted', () => {
  const rows = readRows('x'.repeat(10).concat('\n').repeat(1_000));
  expect([rows.leftOut.length, rows.allLeftOut]).toEqual([100, 1_000]);
});

test('200 characters are those that people count', () => {
  expect(read(`${'😀'.repeat(200)},20`)).toHaveLength(1);
});

describe('the merge patch', () => {
  test('has the students in their order, whatever their names are', () => {
    const patch = toPatch(readRows('Zoë,1\n__proto__,009\nconstructor,2\n10,3').students);
    expect(patch).toBe('{"Zoë":"1","__proto__":"009","constructor":"2","10":"3"}');
    expect(toPatch([])).toBe('{}');
  });

  test('is JSON, whatever is pasted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const { students } = readRows(`${a},20\n${b};21\nAhmed,21`);
        expect(Object.keys(JSON.parse(toPatch(students)))).toHaveLength(students.size);
      }),
    );
  });
});
