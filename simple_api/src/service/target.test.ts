import { expect, test } from '@jest/globals';
import { normaliseTarget } from './target';

test.each([
  ['/a_b/c?d=%5F//e', '/a_b/c?d=%5F//e'],
  ['//a//b', '/a//b'],
  ['///a?//b', '/a?//b'],
  ['/%41%7a%30%2D%2e%5F%7E', '/Az0-._~'],
  ['/a%2Fb%20%C3%A9%25', '/a%2Fb%20%C3%A9%25'],
  ['/get%255Fstudent', '/get%255Fstudent'],
  ['/%zz%', '/%zz%'],
  ['/%4%31', '/%4%31'],
  ['//%%341', '/%%341'],
  ['http://u:hush@localhost/x?y', '/x?y'],
  ['http://[::1/x', '/x'],
  ['http://u:hush@a:b:c', '/'],
  ['http://a?x', '/?x'],
  ['*', '/*'],
])('%s is %s', (target, expected) => {
  expect(normaliseTarget(target)).toBe(expected);
});
