import { hash, timingSafeEqual } from 'node:crypto';
import basicAuth from 'basic-auth';
import type { Credentials } from './config';

/**
 * Creates the check of an `Authorization` header against the only valid credentials (RFC 7617).
 *
 * How long a check takes tells nothing about the credentials: what it compares, in constant time, has
 * one length whatever was sent, and it always compares both name and password.
 *
 * @returns a function of the header's value that tells whether it has the credentials; a missing or
 *   malformed one has not
 */
export function createCredentialsCheck({
  username,
  password,
}: Credentials): (authorization: string | undefined) => boolean {
  const usualHeader = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const expectedHeader = Buffer.from(usualHeader);
  const givenHeader = Buffer.alloc(expectedHeader.length);
  const expectedName = sha256(username);
  const expectedPassword = sha256(password);

  return (authorization) => {
    if (authorization === undefined) return false;
    // Nearly every valid request has the header as it is usually written. What is longer is cut off.
    givenHeader.fill(0).write(authorization, 'latin1');
    const isUsual = timingSafeEqual(givenHeader, expectedHeader);
    if (isUsual && authorization.length === usualHeader.length) return true;
    // "basic" in another case, more spaces: valid too, and not in a hurry.
    const given = basicAuth.parse(authorization);
    const nameIsRight = timingSafeEqual(sha256(given?.name ?? ''), expectedName);
    const passwordIsRight = timingSafeEqual(sha256(given?.pass ?? ''), expectedPassword);
    return nameIsRight && passwordIsRight;
  };
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
