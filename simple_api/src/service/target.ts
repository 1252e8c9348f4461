/** More than a path of plain characters: rare, and the rest need no second look. */
const IS_SPECIAL = /^(?:[^/]|\/\/)|%/;

/**
 * Brings a target to the form in which paths are compared. Of the absolute form (RFC 9112, 3.2.2), path and
 * query are left: Express would respond by itself to one that it cannot parse. What needs no percent-encoding
 * is decoded (RFC 3986, 6.2.2.2), once; slashes at the start are one, as the old version's server had it.
 */
export function normaliseTarget(target: string): string {
  if (!IS_SPECIAL.test(target)) return target;
  const originForm = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const [path = ''] = originForm.split('?', 1);
  // What is malformed stays so: with its end decoded, `%4%31` would be `%41`.
  const isMalformed = /%(?![0-9a-f]{2})/i.test(path);
  const decoded = isMalformed ? path : path.replace(/%[0-9a-f]{2}/gi, decodeUnreserved);
  return decoded.replace(/^\/*/, '/') + originForm.slice(path.length);
}

/** @returns the code itself where it stands for a character that needs it */
function decodeUnreserved(code: string): string {
  const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : code;
}
