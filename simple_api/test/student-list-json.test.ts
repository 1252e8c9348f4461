import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { studentListToJson } from '../src/student-list-json';
import { anyList } from './any-list';

describe('studentListToJson', () => {
  test('is what JSON.stringify writes, with a newline, for a list that an object can hold', () => {
    const ages = { Ahmed: '20', Amine: 20, 'Zoë "Z"': '7', '\u2028': '1', '😀': 0 };
    expect(studentListToJson(Object.entries(ages)).toString()).toBe(
      `${JSON.stringify({ student_ages: ages }, undefined, 2)}\n`,
    );
  });

  test('writes an empty list', () => {
    expect(studentListToJson([]).toString()).toBe('{\n  "student_ages": {}\n}\n');
  });

  test('writes every name and age of any list, in its order', () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const json = studentListToJson(list).toString();
        const parsed: unknown = JSON.parse(json);
        expect(parsed).toHaveProperty('student_ages');
        const lines = json.split('\n').slice(2, -3);
        const written = lines.map(
          (line) => Object.entries<unknown>(JSON.parse(`{${line.replace(/,$/, '')}}`))[0],
        );
        expect(written).toEqual(list);
      }),
    );
  });

  test('writes a list of any length without a seam', () => {
    for (const length of [999, 1_000, 1_001, 2_500]) {
      const list = Array.from({ length }, (_, i): [string, number] => [`n${i}`, i % 150]);
      expect(studentListToJson(list).toString()).toBe(
        `${JSON.stringify({ student_ages: Object.fromEntries(list) }, undefined, 2)}\n`,
      );
    }
  });
});
