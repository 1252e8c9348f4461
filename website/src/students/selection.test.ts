import { describe, expect, test } from '@jest/globals';
import type { StudentList } from './list';
import { DEFAULT_QUERY, type StudentQuery } from './query';
import { selectStudents } from './selection';

const LIST: StudentList = [
  ['Ahmed', '20'],
  ['Meryem', 9],
  ['Omar', '020'],
  ['Sara', '100'],
];

const names = (query: Partial<StudentQuery>, list = LIST) =>
  selectStudents(list, { ...DEFAULT_QUERY, ...query }).map(([name]) => name);

describe('the order', () => {
  test('by name is the list’s', () => {
    expect(names({})).toEqual(['Ahmed', 'Meryem', 'Omar', 'Sara']);
    expect(names({ order: 'desc' })).toEqual(['Sara', 'Omar', 'Meryem', 'Ahmed']);
  });

  test('by age is that of numbers, and by name for one age', () => {
    expect(names({ sort: 'age' })).toEqual(['Meryem', 'Ahmed', 'Omar', 'Sara']);
    expect(names({ sort: 'age', order: 'desc' })).toEqual(['Sara', 'Ahmed', 'Omar', 'Meryem']);
  });
});

describe('the filter', () => {
  const list: StudentList = [
    ['Jose\u0301', 1],
    ['STRASSE', 1],
    ['ＡＢＣ', 1],
    ['__proto__', 1],
    ['a.b', 1],
  ];
  test.each([
    ['me', LIST, ['Ahmed', 'Meryem']],
    ['MERYEM', LIST, ['Meryem']],
    ['x', LIST, []],
    ['josé', list, ['Jose\u0301']],
    ['strasse', list, ['STRASSE']],
    ['abc', list, ['ＡＢＣ']],
    ['__PROTO__', list, ['__proto__']],
    ['a.b', list, ['a.b']],
    ['.*', list, []],
  ])('"%s" is looked for in the names', (name, students, found) => {
    expect(names({ name }, students)).toEqual(found);
  });
});

test('the list itself stays as it is', () => {
  const list = Object.freeze([...LIST]);
  selectStudents(list, { name: 'a', sort: 'age', order: 'desc', page: 1 });
  expect(list).toEqual(LIST);
});
