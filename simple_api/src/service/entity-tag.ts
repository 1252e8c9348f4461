import { createHash } from 'node:crypto';

/** A tag for these bytes, and so another one for each coding. */
export function tagOf(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
}

/** Compares weakly (RFC 9110, 13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return isAmong(ifNoneMatch.replaceAll('W/"', '"'), etag);
}

/** Compares strongly, so that a weak tag is none. */
export function isAmong(ifMatch: string, etag: string): boolean {
  return ifMatch.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
}
