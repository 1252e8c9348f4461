import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StudentList } from './list';
import { compare } from './paste';

const LIST: StudentList = [
  ['Ahmed', '20'],
  ['Hiba', 21],
  ['__proto__', '9'],
];

const added = (text: string) => compare(text, LIST).added;
const wrong = (text: string) => compare(text, LIST).wrong;

describe('cells are separated', () => {
  test.each([
    ['tabs, as a spreadsheet copies them', 'Ann\t20\nDoe, John; jr\t21\n'],
    ['semicolons', 'Ann;20\n"Doe, John; jr";21\n'],
    ['commas', 'Ann,20\n"Doe, John; jr",21\n'],
    ['commas, with quotation marks in the first line', '"Ann" , "20"\r\n"Doe, John; jr","21"'],
    ['commas and line feeds of an old Mac', 'Ann,20\r"Doe, John; jr",21\r'],
  ])('by %s', (_what, text) => {
    expect(added(text)).toEqual([
      ['Ann', '20'],
      ['Doe, John; jr', '21'],
    ]);
  });

  test('whatever is in quotation marks before', () => {
    expect(added('"a;b\tc",20')).toEqual([['a;b\tc', '20']]);
  });
});

test('white space around, empty lines and further cells do not count', () => {
  expect(added('\n Ann ,\u00a020 ,x,y\n\n \nBen,21\n')).toEqual([
    ['Ann', '20'],
    ['Ben', '21'],
  ]);
});

test('quotation marks within a name are a part of it', () => {
  expect(added('Al "Big" Ray\t20\n"a ""b"""\t21')).toEqual([
    ['Al "Big" Ray', '20'],
    ['a "b"', '21'],
  ]);
});

describe('headings', () => {
  test('are a first row with a word for an age', () => {
    expect(compare('Nom;Âge\nAnn;20', LIST)).toMatchObject({
      added: [['Ann', '20']],
      wrong: [['Nom, Âge', 'it is taken for the headings']],
    });
  });

  test.each(['Ann,2o', 'Ann', 'Ann,', 'Ben,1\nAnn,old'])('are not %j', (row) => {
    expect(wrong(row)).toEqual([[expect.any(String), 'an age is a whole number from 0 to 150']]);
  });
});

test('students are new, changed or neither, whatever type the age on the list has', () => {
  expect(compare('Zoë,1\nAhmed,21\nHiba,21\n__proto__,009\nconstructor,2\n10,3', LIST)).toEqual({
    added: [
      ['Zoë', '1'],
      ['constructor', '2'],
      ['10', '3'],
    ],
    changed: [['Ahmed', '20 → 21']],
    wrong: [],
    patch: '{"10":"3","Zoë":"1","constructor":"2","Ahmed":"21"}',
  });
  expect(compare('', LIST)).toEqual({ added: [], changed: [], wrong: [], patch: '{}' });
});

describe('a row is left out', () => {
  const NAME = 'a name has 1 to 200 characters';
  const AGE = 'an age is a whole number from 0 to 150';

  test.each([
    [',20', NAME],
    [`${'x'.repeat(201)},20`, NAME],
    ['Ann,151', AGE],
    ['Ann,-1', AGE],
    ['Ann,1e1', AGE],
    ['Ann,20 years', AGE],
    ['Ann,٢٠', AGE],
  ])('%s', (row, reason) => {
    expect(wrong(`Ben,1\n\n${row}\n`)).toEqual([[row.replace(',', ', '), reason]]);
  });

  test('a name that is there again, if the age is another one', () => {
    const { added, wrong } = compare('Ann,20\nAnn,20\nAnn,21', LIST);
    expect(added).toEqual([['Ann', '20']]);
    expect(wrong).toEqual([['Ann, 21', 'the name is there before, with the age 20']]);
  });

  test.each(['Ann,20\n"Ben,21\nCleo,22', 'Ann,20\n"Ben"x,21\nCleo,22'])(
    'and all after one whose quotation marks make no sense: %j',
    (text) => {
      expect(added(text)).toEqual([['Ann', '20']]);
      expect(wrong(text)).toEqual([['All from row 2 on', 'a quotation mark is out of place']]);
    },
  );
});

test('200 characters are those that people count, line feeds too', () => {
  expect(added(`"${'😀\n'.repeat(99)}😀!",20`)).toHaveLength(1);
});

test('the merge patch is JSON of what is added and changed, whatever is pasted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const { added, changed, patch } = compare(`${a},20\n${b};21\nAhmed,21`, LIST);
      expect(Object.keys(JSON.parse(patch))).toHaveLength(added.length + changed.length);
    }),
  );
});
