export const PAGE_SIZE = 100;

/**
 * Cuts a page out of all items.
 *
 * @param wanted the number of the page, from 1; behind the end it is the last one
 * @returns its items, its number, how many pages there are (at least one), and the positions of its
 *   first and last item among all, from 1
 */
export function paginate<T>(items: readonly T[], wanted: number) {
  const count = Math.max(1, Math.ceil(items.length / PAGE_SIZE));
  const number = Math.min(wanted, count);
  const start = (number - 1) * PAGE_SIZE;
  const onPage = items.slice(start, start + PAGE_SIZE);
  return { items: onPage, number, count, first: start + 1, last: start + onPage.length };
}

/**
 * Chooses which pages get a link of their own: the first, the last, and those around the current
 * one.
 *
 * @returns their numbers, with `undefined` where some are left out
 */
export function pageNumbers(current: number, count: number): (number | undefined)[] {
  const numbers: (number | undefined)[] = [];
  let before = 0;
  for (const number of new Set([1, current - 1, current, current + 1, count])) {
    if (number < 1 || number > count || number <= before) continue;
    // A gap of one page would take as much room as its link.
    if (number === before + 2) numbers.push(before + 1);
    else if (number > before + 2) numbers.push(undefined);
    numbers.push(number);
    before = number;
  }
  return numbers;
}
