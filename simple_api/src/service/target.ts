/** A target that is more than a path of plain characters: rare, and the rest need no second look. */
const IS_SPECIAL = /^(?:[^/]|\/\/)|%/;

/**
 * Brings a request's target to the form in which paths are compared.
 *
 * Of the absolute form (RFC 9112, 3.2.2), path and query are left: Express would respond by itself,
 * past all that the app does, to one that it cannot parse. In the path, percent-encoded characters
 * that need no encoding are decoded (RFC 3986, 6.2.2.2), once, and several slashes at the start are
 * one, as the old version's server had it. All else of a path is a difference.
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
