import { timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import createError from 'http-errors';
import { clientNetwork } from '../service/client';
import { createFailureLimit } from './failures';

/** What clients sign in with (RFC 7617). */
export interface Credentials {
  readonly API_USERNAME: string;
  readonly API_PASSWORD: string;
}

/** Why they keep nobody out, in words; undefined unless they are those that everybody knows. */
export function whyInsecure({ API_USERNAME, API_PASSWORD }: Credentials): string | undefined {
  if (API_USERNAME !== 'root' || API_PASSWORD !== 'root') return undefined;
  return 'the credentials are the default ones; set API_USERNAME and API_PASSWORD';
}

/** What a client without valid credentials is told; the charset is UTF-8 (RFC 7617, 2.1). */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Authentication Required", charset="UTF-8"' };

/**
 * Creates the middleware that lets only requests with the credentials through.
 *
 * Guessing is slow: an address has a hundred wrong guesses a minute. A request without credentials is no
 * guess: many clients send them only when they are asked (RFC 9110, 11.4). Right credentials are never
 * counted and never refused, because others may share the address of whoever guesses; behind a
 * published port of Docker all may.
 *
 * @throws HttpError (the middleware) 401 without the credentials, 429 with `Retry-After` after too
 *   many failures
 */
export function requireCredentials(expected: Credentials): RequestHandler {
  const areRight = createCredentialsCheck(expected);
  const countFailure = createFailureLimit();

  return (req, _res, next) => {
    const { authorization } = req.headers;
    if (authorization !== undefined) {
      if (areRight(authorization)) return next();
      const wait = countFailure(clientNetwork(req.socket));
      const headers = { 'Retry-After': String(wait) };
      if (wait > 0) throw createError(429, 'Too many failed attempts', { headers });
    }
    throw createError(401, 'Unauthorized access', { headers: CHALLENGE });
  };
}

/**
 * Creates the check of an `Authorization` header against the only valid credentials (RFC 7617).
 *
 * They are compared as the base64 text that they are sent in: the same bytes have no other. How long
 * this takes tells nothing about them: as many bytes are compared as the right ones have, all of them,
 * however many are given.
 */
export function createCredentialsCheck(expected: Credentials): (authorization: string) => boolean {
  const pair = Buffer.from(`${expected.API_USERNAME}:${expected.API_PASSWORD}`);
  const expectedText = Buffer.from(pair.toString('base64'));
  const givenText = Buffer.alloc(expectedText.length);

  return (authorization) => {
    const [scheme] = /^basic +/i.exec(authorization) ?? [];
    if (scheme === undefined) return false;
    const given = authorization.slice(scheme.length);
    givenText.fill(0).write(given);
    return timingSafeEqual(givenText, expectedText) && given.length === expectedText.length;
  };
}
