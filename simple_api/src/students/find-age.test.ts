import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyList } from '../../test/any-list';
import { findAge } from './find-age';
import { studentListToJson } from './json';
import { type StudentList, sortByName } from './list';

const jsonOf = (list: StudentList) => new Uint8Array(studentListToJson(sortByName(list)));

describe('findAge', () => {
  test('finds everybody in any list, and nobody else', () => {
    fc.assert(
      fc.property(anyList, fc.string({ unit: 'grapheme' }), (list, other) => {
        const json = jsonOf(list);
        for (const [name, age] of list) expect(findAge(json, name)).toBe(age);
        const expected = list.find(([name]) => name === other)?.[1];
        expect(findAge(json, other)).toBe(expected);
      }),
    );
  });

  test('finds names that JSON escapes, which are in another order there', () => {
    const list = [
      '\u0001',
      '\n',
      '"',
      '#',
      '[',
      '\\',
      ']',
      '\u007f',
      '\u2028',
      '😀',
      ', "a": 1',
    ].map((name, i) => [name, i] as const);
    for (const [name, age] of list) expect(findAge(jsonOf(list), name)).toBe(age);
  });

  test('finds nobody in an empty list, nor a part of a name', () => {
    expect(findAge(jsonOf([]), 'Ahmed')).toBeUndefined();
    for (const name of ['Ahme', 'hmed', 'ahmed', 'Ahmed ', '', '"Ahmed"', 'student_ages']) {
      expect(findAge(jsonOf([['Ahmed', '20']]), name)).toBeUndefined();
    }
  });
});
