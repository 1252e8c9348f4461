/**
 * Compares two strings by their Unicode code points, which is also the order of their UTF-8 bytes
 * and the order Python sorts in. JavaScript's own `<` compares UTF-16 units and so puts an emoji
 * (a surrogate pair, from U+D800) before U+FB01, although its code point is greater.
 *
 * @returns a negative number, 0 or a positive number, as `Array.prototype.sort` expects
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves the surrogates (U+D800 to U+DFFF) behind all other UTF-16 units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
