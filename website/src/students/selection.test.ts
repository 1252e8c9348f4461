import { describe, expect, test } from '@jest/globals';
import type { Student, StudentList } from './list';
import { DEFAULT_QUERY, type StudentQuery } from './query';
import { createSelection, MAX_FOLDED } from './selection';

const LIST: StudentList = [
  ['Ahmed', '20'],
  ['Meryem', 9],
  ['Omar', '020'],
  ['Sara', '100'],
];

const names = (query: Partial<StudentQuery>, list = LIST) =>
  createSelection(list)({ ...DEFAULT_QUERY, ...query }).map(([name]) => name);

describe('the order', () => {
  test('by name is that of people, not of code points', () => {
    const list = ['Zoe', 'arthur', 'Élise', 'Łukasz', 'Émile', 'Lynn', 'Ahmed', 'سارة'].sort();
    const ordered = ['Ahmed', 'arthur', 'Élise', 'Émile', 'Łukasz', 'Lynn', 'Zoe', 'سارة'];
    const students = list.map((name): Student => [name, 20]);
    expect(names({}, students)).toEqual(ordered);
    expect(names({ order: 'desc' }, students)).toEqual(ordered.toReversed());
    expect(names({ sort: 'age', order: 'desc' }, students)).toEqual(ordered);
  });

  test('of names in which people see no difference is the list’s', () => {
    for (const list of [
      ['Rene\u0301', 'René'],
      ['a', 'a\0'],
      ['a\0', 'a'],
    ]) {
      expect(
        names(
          {},
          list.map((name): Student => [name, 20]),
        ),
      ).toEqual(list);
    }
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
    ['jose', list, ['Jose\u0301']],
    ['strasse', list, ['STRASSE']],
    ['abc', list, ['ＡＢＣ']],
    ['__PROTO__', list, ['__proto__']],
    ['a.b', list, ['a.b']],
    ['.*', list, []],
  ])('"%s" is looked for in the names', (name, students, found) => {
    expect(names({ name }, students)).toEqual(found);
  });
});

test('only students between two positions of the whole order are looked at', () => {
  const select = createSelection(LIST);
  const at = (query: Partial<StudentQuery>, start: number, end: number) =>
    select({ ...DEFAULT_QUERY, ...query }, start, end).map(([name]) => name);
  expect(at({}, 1, 3)).toEqual(['Meryem', 'Omar']);
  expect(at({ sort: 'age' }, 0, 2)).toEqual(['Meryem', 'Ahmed']);
  expect(at({ name: 'a' }, 1, 3)).toEqual(['Omar']);
  expect(at({}, 3, 9)).toEqual(['Sara']);
});

test('the list itself stays as it is', () => {
  const list = Object.freeze([...LIST]);
  createSelection(list)({ name: 'a', sort: 'age', order: 'desc', page: 1 });
  expect(list).toEqual(LIST);
});

test('names that folding makes long are found as well, and not kept', () => {
  const long = '\uFDFA'.repeat(200); // each becomes 18 characters
  const list = Array.from({ length: MAX_FOLDED / 3_600 + 2 }, (_, i): Student => [long + i, 1]);
  expect(names({ name: `\uFDFA${list.length - 1}` }, list)).toHaveLength(1);
});

test('a list is sorted once for an order', () => {
  const ages = { reads: 0 };
  const list = Array.from({ length: 1_000 }, (_, i): Student => {
    const student: [string, number] = [`Student ${i}`, 0];
    Object.defineProperty(student, 1, { get: () => ages.reads++ && i % 7 });
    return student;
  });
  const select = createSelection(list);
  select({ ...DEFAULT_QUERY, sort: 'age' });
  const once = ages.reads;
  for (const name of ['', '1', '2']) select({ ...DEFAULT_QUERY, sort: 'age', name, page: 2 });
  expect([once > 0, ages.reads]).toEqual([true, once]);
});
