import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyList } from '../../test/any-list';
import { studentListToJson } from './json';

describe('studentListToJson', () => {
  test('is what JSON.stringify writes, with a newline, for a list that an object can hold', () => {
    const long = Object.fromEntries(Array.from({ length: 2_001 }, (_, i) => [`n${i}`, i % 150]));
    for (const ages of [{ Ahmed: '20', 'Zoë "Z"': 7, '\u2028': '1', '😀': 0 }, {}, long]) {
      expect(studentListToJson(Object.entries(ages)).toString()).toBe(
        `${JSON.stringify({ student_ages: ages }, undefined, 2)}\n`,
      );
    }
  });

  test('writes every name and age of any list, in its order', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const lines = studentListToJson(list).toString().split('\n').slice(2, -3);
        const written = lines.map(
          (line) => Object.entries<unknown>(JSON.parse(`{${line.replace(/,$/, '')}}`))[0],
        );
        expect(written).toEqual(list);
      }),
    );
  });
});
