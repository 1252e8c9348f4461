import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isAmong, matches } from '../service/entity-tag';
import type { Change } from '../students/change';
import type { Version } from '../students/query';
import type { Age } from '../students/student';

/** A client may keep it, but must ask each time whether it is still the same. */
export const CACHED_BY_CLIENT = { 'Cache-Control': 'private, no-cache' };

/** Tells a student from one of the same name with another age, or an age of another type. */
export function studentTag(age: Age): string {
  return `"${typeof age}-${age}"`;
}

/** Tells a state of the list from all others, and from itself while it cannot be changed. */
export function listTag(version: Version, readOnly?: string): string {
  if (readOnly === undefined) return `"${version}"`;
  return `"${version}-${createHash('sha256').update(readOnly).digest('base64url').slice(0, 8)}"`;
}

/** What `If-Match` and `If-None-Match` demand of one student (RFC 9110, 13.1). */
export function ofStudent(headers: IncomingHttpHeaders, name: string): Change['unless'] {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return undefined;
  return ({ ageOf }) => {
    const age = ageOf(name);
    if (age === undefined) return match === undefined ? undefined : 'It is gone';
    const tag = studentTag(age);
    if (match !== undefined && !isAmong(match, tag)) return 'It has changed meanwhile';
    return matches(noneMatch, tag) ? 'It is there already' : undefined;
  };
}

/** What they demand of the list. */
export function ofList(headers: IncomingHttpHeaders): Change['unless'] {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return undefined;
  return ({ version }) => {
    // A header is divided at its commas: none can name that one.
    const tag = version === undefined ? ',' : listTag(version);
    const isOther = match !== undefined && !isAmong(match, tag);
    return isOther || matches(noneMatch, tag) ? 'The list has changed meanwhile' : undefined;
  };
}
