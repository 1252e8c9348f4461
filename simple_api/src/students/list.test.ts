import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyList } from '../../test/any-list';
import { BROKEN_LISTS } from '../../test/broken-lists';
import { MAX_NAME_LENGTH, MAX_STUDENTS, parseStudentList, sortByName } from './list';

describe('parseStudentList', () => {
  test('keeps the order, the type and the text of every age', () => {
    expect(parseStudentList('{"Omar": "020", "Ahmed": 7, "Sara": "0"}')).toEqual([
      ['Omar', '020'],
      ['Ahmed', 7],
      ['Sara', '0'],
    ]);
  });

  test('takes an empty list', () => {
    expect(parseStudentList(' {\n} ')).toEqual([]);
  });

  test('takes megabytes of white space in little memory', () => {
    const before = process.memoryUsage().heapUsed;
    expect(parseStudentList(`{${' '.repeat(8 * 1024 * 1024)}"Ahmed": 20}`)).toHaveLength(1);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('takes names that an object used as a map would lose or move', () => {
    const names = ['__proto__', 'constructor', '10', '9', 'toString', 'a"b', '\u0007', '😀'];
    const text = `{${names.map((name) => `${JSON.stringify(name)}: 1`).join(', ')}}`;
    expect(parseStudentList(text).map(([name]) => name)).toEqual(names);
  });

  test('takes the longest name, counted in characters, and the greatest age', () => {
    const name = '😀'.repeat(MAX_NAME_LENGTH);
    expect(parseStudentList(`{"${name}": 150}`)).toEqual([[name, 150]]);
  });

  test('reads back whatever list is written', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const members = list.map(([name, age]) => `${JSON.stringify(name)}:${JSON.stringify(age)}`);
        expect(parseStudentList(`{${members.join(',')}}`)).toEqual(list);
      }),
    );
  });

  test.each(BROKEN_LISTS)('refuses $text: $why', ({ text, line, column, why }) => {
    expect(() => parseStudentList(text)).toThrow(`line ${line}, column ${column}: ${why}`);
  });

  test('refuses one student more than the limit', () => {
    const list = (count: number) =>
      `{${Array.from({ length: count }, (_, i) => `"${i}":1`).join(',')}}`;
    expect(parseStudentList(list(MAX_STUDENTS))).toHaveLength(MAX_STUDENTS);
    expect(() => parseStudentList(list(MAX_STUDENTS + 1))).toThrow(
      'there are more than 200000 students',
    );
  });

  test('never quotes the list in its message', () => {
    for (const { text } of BROKEN_LISTS) {
      for (const word of text.match(/[\p{L}]{4,}/gu) ?? []) {
        expect(() => parseStudentList(text)).not.toThrow(word);
      }
    }
  });
});

test('sortByName orders by code point and leaves the list it was given alone', () => {
  const list = parseStudentList('{"b": 1, "😀": 2, "ﬁ": 3, "a": 4, "9": 5, "10": 6, "É": 7}');
  expect(sortByName(list).map(([name]) => name)).toEqual(['10', '9', 'a', 'b', 'É', 'ﬁ', '😀']);
  expect(list[0]).toEqual(['b', 1]);
});
