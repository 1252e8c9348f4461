import type { IncomingHttpHeaders } from 'node:http';
import type { Change } from '../students/change';

/** A client may keep a response, but must ask each time whether it is still the same. */
export const CACHED_BY_CLIENT = { 'Cache-Control': 'private, no-cache' };

/** Compares an `If-None-Match` header with an entity tag, weakly (RFC 9110, 13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/**
 * What a request's `If-Match` and `If-None-Match` demand (RFC 9110, 13.1): the first compares strongly, so
 * that a weak tag is none, the second weakly.
 */
export function conditions(headers: IncomingHttpHeaders): Pick<Change, 'match' | 'noneMatch'> {
  const tags = (header: string | undefined) => header?.split(',').map((tag) => tag.trim());
  return {
    match: tags(headers['if-match']),
    noneMatch: tags(headers['if-none-match']?.replaceAll('W/"', '"')),
  };
}
