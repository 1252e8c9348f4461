/** In code points: an index of PostgreSQL takes no longer ones. */
const KEY_LENGTH = 100;

/**
 * A text for JavaScript's own `<`, which compares UTF-16 units, quickly: its place by them is that of the
 * given one by code point, the order of the UTF-8 bytes, in which Python and PostgreSQL's "C" sort too.
 */
export function toSortable(text: string): string {
  // Surrogates stand for code points behind all that are one unit.
  return text.replace(/[\ud800-\uffff]/g, (unit) =>
    String.fromCharCode(unit.charCodeAt(0) + (unit < '\ue000' ? 0x2000 : -0x800)),
  );
}

/** What orders a name for people. */
export function orderKey(folded: string): string {
  if (folded.length <= KEY_LENGTH) return folded;
  return [...folded.slice(0, 2 * KEY_LENGTH)].slice(0, KEY_LENGTH).join('');
}
