import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PAGE_SIZE, pageNumbers, paginate } from './paginate';

const items = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('a page has a hundred items', () => {
  const page = paginate(items(250), 2);
  expect(page.items).toEqual(items(200).slice(100));
  expect(page).toMatchObject({ number: 2, count: 3, first: 101, last: 200 });
});

test('behind the end is the last page', () => {
  for (const wanted of [3, 4, 1e9, Number.POSITIVE_INFINITY]) {
    expect(paginate(items(250), wanted)).toMatchObject({ number: 3, first: 201, last: 250 });
  }
});

test('of nothing there is one page', () => {
  expect(paginate([], 5)).toMatchObject({ items: [], number: 1, count: 1 });
});

test('all pages together are all items, once', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000 }), (count) => {
      const all = items(count);
      const pages = paginate(all, 1).count;
      const together = items(pages).flatMap((number) => paginate(all, number).items);
      expect(together).toEqual(all);
      expect(pages).toBe(Math.max(1, Math.ceil(count / PAGE_SIZE)));
    }),
  );
});

describe('the pages that have a link', () => {
  test.each([
    [1, 1, [1]],
    [1, 3, [1, 2, 3]],
    [1, 9, [1, 2, undefined, 9]],
    [3, 9, [1, 2, 3, 4, undefined, 9]],
    [4, 9, [1, 2, 3, 4, 5, undefined, 9]],
    [5, 9, [1, undefined, 4, 5, 6, undefined, 9]],
    [6, 9, [1, undefined, 5, 6, 7, 8, 9]],
    [9, 9, [1, undefined, 8, 9]],
  ])('on page %i of %i', (current, count, expected) => {
    expect(pageNumbers(current, count)).toEqual(expected);
  });

  test('are few, in order, and among them the current, its neighbours and the ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(), (count, any) => {
        const current = 1 + (any % count);
        const shown = pageNumbers(current, count);
        const numbers = shown.filter((number) => number !== undefined);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        const wanted = [1, current - 1, current, current + 1, count];
        expect(numbers).toEqual(
          expect.arrayContaining(wanted.filter((number) => number >= 1 && number <= count)),
        );
        expect(shown.length).toBeLessThanOrEqual(7);
      }),
    );
  });
});
