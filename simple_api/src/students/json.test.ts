import { describe, expect, test } from '@jest/globals';
import { BROKEN_LISTS } from '../../test/broken-lists';
import { readAges } from './json';
import { isAge, MAX_NAME_LENGTH } from './student';

const read = (text: string) =>
  Array.from(readAges(text, isAge), ({ name, value }) => ({ name, age: value }));

describe('an object of ages', () => {
  test('takes the longest name, counted in characters, and the greatest age', () => {
    const name = '😀'.repeat(MAX_NAME_LENGTH);
    expect(read(`{"${name}": 150}`)).toEqual([{ name, age: 150 }]);
  });

  test('takes megabytes of white space in little memory', () => {
    const before = process.memoryUsage().heapUsed;
    expect(read(`{${' '.repeat(4 * 1024 * 1024)}"Ahmed": 20}`)).toHaveLength(1);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
  });

  test.each(BROKEN_LISTS)('is refused as $text: $why', ({ text, line, column, why }) => {
    expect(() => read(text)).toThrow(`line ${line}, column ${column}: ${why}`);
    for (const word of text.match(/[\p{L}]{4,}/gu) ?? []) {
      expect(() => read(text)).not.toThrow(word); // it may be a name
    }
  });
});
