import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareCodePoints } from '../src/code-point-order';

describe('compareCodePoints', () => {
  test('puts an emoji behind every character of the basic plane, unlike <', () => {
    expect('😀' < 'ﬁ').toBe(true);
    expect(compareCodePoints('😀', 'ﬁ')).toBeGreaterThan(0);
    expect(compareCodePoints('ﬁ', '😀')).toBeLessThan(0);
  });

  test('puts a prefix first', () => {
    expect(compareCodePoints('Sara', 'Sarah')).toBeLessThan(0);
    expect(compareCodePoints('', 'a')).toBeLessThan(0);
    expect(compareCodePoints('a', 'a')).toBe(0);
  });

  test('is the order of the UTF-8 bytes, for any two strings', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareCodePoints(a, b))).toBe(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});
