import { timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import createError from 'http-errors';

/** What clients sign in with (RFC 7617). */
export interface Credentials {
  readonly API_USERNAME: string;
  readonly API_PASSWORD: string;
}

/** How many wrong guesses an address has a minute. */
export const MAX_FAILURES = 100;

/** What a client without valid credentials is told; the charset is UTF-8 (RFC 7617, 2.1). */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Authentication Required", charset="UTF-8"' };

/**
 * Creates the middleware that lets only requests with the credentials through.
 *
 * An address has {@link MAX_FAILURES} wrong guesses a minute. Right credentials are never counted
 * and never refused, because others may share the address of whoever guesses; behind a published
 * port of Docker all may.
 *
 * What is remembered of an address is forgotten at the latest after two minutes without a failure, and
 * an IPv6 network (/56) counts as one address.
 *
 * @throws HttpError (the middleware) 401 without the credentials, 429 with `Retry-After` after too
 *   many failures
 */
export function requireCredentials(expected: Credentials): RequestHandler {
  const areRight = createCredentialsCheck(expected);
  const countFailure = rateLimit({
    limit: MAX_FAILURES,
    windowMs: 60_000,
    standardHeaders: 'draft-8', // without any of its headers it leaves out Retry-After too
    legacyHeaders: false,
    validate: false, // it would print advice to the console once a client sends X-Forwarded-For
    handler: () => {
      throw createError(429, 'Too many failed attempts');
    },
  });

  return (req, res, next) => {
    const { authorization } = req.headers;
    if (authorization !== undefined && areRight(authorization)) return next();
    const refuse = (error?: unknown) =>
      next(error ?? createError(401, 'Unauthorized access', { headers: CHALLENGE }));
    // Many clients send credentials only when they are asked for them (RFC 9110, 11.4).
    if (authorization === undefined) refuse();
    else countFailure(req, res, refuse);
  };
}

/**
 * Creates the check of an `Authorization` header against the only valid credentials (RFC 7617).
 *
 * They are compared as the canonical base64 text that they are sent in. How long this takes tells
 * nothing about them: as many bytes are compared as the right ones have, all of them, however many are
 * given.
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
