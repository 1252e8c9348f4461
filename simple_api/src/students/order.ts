/** In code points: an index of PostgreSQL takes no longer ones. */
const KEY_LENGTH = 100;

/** The order of the UTF-8 bytes, as Python's and PostgreSQL's "C"; JavaScript's `<` compares UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unit = a.charCodeAt(i);
    const other = b.charCodeAt(i);
    if (unit !== other) return rank(unit) - rank(other);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points behind all that are one unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** What orders a name for people. */
export function orderKey(folded: string): string {
  if (folded.length <= KEY_LENGTH) return folded;
  return [...folded.slice(0, 2 * KEY_LENGTH)].slice(0, KEY_LENGTH).join('');
}
