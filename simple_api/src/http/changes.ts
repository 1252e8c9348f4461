import type { RequestHandler } from 'express';
import createError, { type HttpError } from 'http-errors';
import { allowOnly } from '../service/express';
import type { Change, Outcome } from '../students/change';
import type { StudentStore } from '../students/store';
import type { AccountOf } from './credentials';

const READING = 'GET, HEAD, OPTIONS';

/** Finds out why nobody can change the list, in words; undefined while it can be changed. */
export type WhyReadOnly = () => Promise<string | undefined>;

function readOnly(reason: string): HttpError {
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

/** The methods that whoever asks may use, as `Allow` lists them. */
export function allowed(
  changing: string,
  readOnly: string | undefined,
  account: ReturnType<AccountOf>,
): string {
  return account === 'editor' && readOnly === undefined ? `${READING}, ${changing}` : READING;
}

const STATUS = { condition: 412, full: 409, broken: 409, 'no space': 507 };

/** Makes a change. @throws HttpError with the reason when nothing was changed */
export async function change(store: StudentStore, wanted: Change) {
  const outcome: Outcome = await store.change(wanted);
  if (!('refused' in outcome)) return outcome;
  const { refused, reason } = outcome;
  if (refused === 'read-only') throw readOnly(reason);
  throw createError(STATUS[refused], reason, { expose: true });
}
