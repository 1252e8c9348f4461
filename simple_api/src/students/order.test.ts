import { expect, test } from '@jest/globals';
import { orderKey } from './order';

test('a long name has its place by the first hundred characters', () => {
  expect(orderKey('a'.repeat(101))).toBe('a'.repeat(100));
  expect(orderKey(`a${'😀'.repeat(100)}`)).toBe(`a${'😀'.repeat(99)}`);
  expect(orderKey('zoe')).toBe('zoe');
});
