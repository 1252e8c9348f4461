import { expect, test } from '@jest/globals';
import { pageNumbers } from './page-links';

test.each([
  [1, 1, [1]],
  [1, 9, [1, 2, undefined, 9]],
  [3, 9, [1, 2, 3, 4, undefined, 9]],
  [4, 9, [1, 2, 3, 4, 5, undefined, 9]],
  [5, 9, [1, undefined, 4, 5, 6, undefined, 9]],
  [6, 9, [1, undefined, 5, 6, 7, 8, 9]],
  [9, 9, [1, undefined, 8, 9]],
])('on page %i of %i, these have a link', (current, count, expected) => {
  expect(pageNumbers(current, count)).toEqual(expected);
});
