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
