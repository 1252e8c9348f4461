import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { createCredentialsCheck } from './basic-auth';
import type { Credentials } from './config';
import { HttpError } from './http-error';

/** How many requests without the credentials an address may make a minute. */
export const MAX_FAILURES = 100;

const MINUTE_MS = 60_000;

/** What a client without valid credentials is told; the charset is UTF-8 (RFC 7617, 2.1). */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Authentication Required", charset="UTF-8"' };

/**
 * Creates the middleware that lets only requests with the credentials through.
 *
 * Guessing is slow: an address has {@link MAX_FAILURES} a minute. Right credentials are never counted
 * and never refused, because others may share the address of whoever guesses; behind a published
 * port of Docker all may.
 *
 * What is remembered of an address is forgotten at the latest after two minutes without a failure, and
 * an IPv6 network (/56) counts as one address.
 *
 * @throws HttpError (the middleware) 401 without the credentials, 429 with `Retry-After` after too
 *   many failures
 */
export function requireCredentials(credentials: Credentials): RequestHandler {
  const areRight = createCredentialsCheck(credentials);
  const countFailure = rateLimit({
    limit: MAX_FAILURES,
    windowMs: MINUTE_MS,
    standardHeaders: 'draft-8', // without any of its headers it leaves out Retry-After too
    legacyHeaders: false,
    validate: false, // it would print advice to the console once a client sends X-Forwarded-For
    handler: () => {
      throw new HttpError(429, 'Too many failed attempts');
    },
  });

  return (req, res, next) => {
    if (areRight(req.headers.authorization)) {
      next();
      return;
    }
    // Only now, so that a request with the credentials does not pay for it.
    countFailure(req, res, (error?: unknown) =>
      next(error ?? new HttpError(401, 'Unauthorized access', CHALLENGE)),
    );
  };
}
