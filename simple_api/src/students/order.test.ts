import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byCodePoint, orderKey } from './order';

test('the order by code point is that of the UTF-8 bytes', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uffff', 'ﬁ', '😀', '😁', '𐀀') });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(byCodePoint(a, b))).toBe(order);
    }),
  );
});

test('a long name has its place by the first hundred characters', () => {
  expect(orderKey('a'.repeat(101))).toBe('a'.repeat(100));
  expect(orderKey(`a${'😀'.repeat(100)}`)).toBe(`a${'😀'.repeat(99)}`);
  expect(orderKey('zoe')).toBe('zoe');
});
