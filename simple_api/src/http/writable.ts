import type { RequestHandler } from 'express';
import createError, { type HttpError } from 'http-errors';
import { allowOnly } from '../service/express';

const READING = 'GET, HEAD, OPTIONS';

/** Finds out why the list cannot be changed, in words; undefined while it can be. */
export type WhyReadOnly = () => Promise<string | undefined>;

/** The error of a change where the list is read-only. */
export function readOnly(reason: string): HttpError {
  return createError(405, `The list is read-only: ${reason}`, { headers: { Allow: READING } });
}

/**
 * Creates the middleware that lets changes through while the list can be changed.
 *
 * @throws HttpError (the middleware) 405 with the reason while it cannot
 */
export function requireWritable(whyReadOnly: WhyReadOnly): RequestHandler {
  return async (_req, _res, next) => {
    const reason = await whyReadOnly();
    if (reason) throw readOnly(reason);
    next();
  };
}

/**
 * Creates the handler of all methods that a path's routes before it do not take.
 *
 * @param changing the methods that are allowed as well while the list can be changed
 * @throws HttpError (the handler) 405
 */
export function allowChanges(changing: string, whyReadOnly: WhyReadOnly): RequestHandler {
  const [all, reading] = [allowOnly(`${READING}, ${changing}`), allowOnly(READING)];
  return async (...args) => ((await whyReadOnly()) ? reading : all)(...args);
}
