import type { RequestHandler } from 'express';
import createError, { type HttpError } from 'http-errors';
import { allowOnly } from '../service/express';
import type { Change } from '../students/change';
import type { StudentStore } from '../students/store';
import { type Account, type Accounts, createAccountOf, whyNoEditor } from './credentials';

const READING = 'GET, HEAD, OPTIONS';

/** Who asks, and why nobody can change the list, in words. */
export type Access = ReturnType<typeof createAccess>;

export function createAccess(store: StudentStore, accounts: Accounts) {
  return {
    accountOf: createAccountOf(accounts),
    whyReadOnly: async () => (await store.whyReadOnly()) ?? whyNoEditor(accounts),
  };
}

function readOnly(reason: string): HttpError {
  return createError(405, `The list is read-only: ${reason}`, { headers: { Allow: READING } });
}

/** @throws HttpError (the middleware) 405 with the reason while nobody can change the list */
export function requireWritable({ whyReadOnly }: Access): RequestHandler {
  return async (_req, _res, next) => {
    const reason = await whyReadOnly();
    if (reason) throw readOnly(reason);
    next();
  };
}

/** As `allowOnly`. @param changing the methods that are allowed as well while the list can be changed */
export function allowChanges(changing: string, { whyReadOnly }: Access): RequestHandler {
  const [all, reading] = [allowOnly(`${READING}, ${changing}`), allowOnly(READING)];
  return async (...args) => ((await whyReadOnly()) ? reading : all)(...args);
}

/** What `Allow` lists for whoever asks. @param readOnly why nobody can change the list */
export function allowed(changing: string, readOnly?: string, account?: Account): string {
  return account === 'editor' && readOnly === undefined ? `${READING}, ${changing}` : READING;
}

const STATUS = { condition: 412, full: 409, broken: 409, 'no space': 507 };

/** @throws HttpError with the reason when nothing was changed */
export async function change(store: StudentStore, wanted: Change) {
  const outcome = await store.change(wanted);
  if (!('refused' in outcome)) return outcome;
  const { refused, reason } = outcome;
  if (refused === 'read-only') throw readOnly(reason);
  throw createError(STATUS[refused], reason, { expose: true });
}
