/**
 * The middle one of some numbers.
 *
 * @param {number[]} numbers at least one
 */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
