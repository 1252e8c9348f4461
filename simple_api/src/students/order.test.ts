import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orderKey, toSortable } from './order';

test('the order by code point is that of the UTF-8 bytes', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uffff', 'ﬁ', '😀', '😁', '𐀀') });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
      const [one, other] = [toSortable(a), toSortable(b)];
      expect([one < other, one > other]).toEqual([order < 0, order > 0]);
    }),
  );
});

test('a long name has its place by the first hundred characters', () => {
  expect(orderKey('a'.repeat(101))).toBe('a'.repeat(100));
  expect(orderKey(`a${'😀'.repeat(100)}`)).toBe(`a${'😀'.repeat(99)}`);
  expect(orderKey('zoe')).toBe('zoe');
});
