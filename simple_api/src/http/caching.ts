/** A client may keep a response, but must ask each time whether it is still the same. */
export const CACHED_BY_CLIENT = { 'Cache-Control': 'private, no-cache' };

/** Compares an `If-None-Match` header with an entity tag, weakly (RFC 9110, 13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
