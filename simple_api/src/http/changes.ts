import type { Request, RequestHandler } from 'express';
import createError, { type HttpError } from 'http-errors';
import type { Logger } from 'pino';
import { allowOnly } from '../service/express';
import { count } from '../service/metrics';
import { clientOf } from '../service/request-log';
import type { Change, Done, Refusal } from '../students/change';
import type { StudentStore } from '../students/store';
import { type Account, type Accounts, createAccountOf, whyNoEditor } from './credentials';

const READING = 'GET, HEAD, OPTIONS';

/** Who asks, why nobody can change the list, in words, and how the editor does. */
export type Access = ReturnType<typeof createAccess>;

export function createAccess(store: StudentStore, accounts: Accounts, logger: Logger) {
  return {
    accountOf: createAccountOf(accounts),
    whyReadOnly: async () => whyNoEditor(accounts) ?? (await store.whyReadOnly()),
    /** The log learns who, and how many. @throws HttpError with the reason when nothing was changed */
    async change(req: Request, wanted: Change): Promise<Done> {
      const outcome = await store.change(wanted);
      if ('refused' in outcome) throw refusal(outcome);
      const { added, changed, removed } = outcome;
      if (!wanted.isPreview && added + changed + removed > 0) {
        const who = { account: accounts.EDITOR_USERNAME, ...clientOf(req) };
        logger.info({ ...who, added, changed, removed }, 'changed the list');
        for (const [kind, students] of Object.entries({ added, changed, removed })) {
          count('students_changed_total', { kind }, students);
        }
      }
      return outcome;
    },
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
export function allowChanges(changing: string, access: Access, others = {}): RequestHandler {
  const [all, reading] = [allowOnly(`${READING}, ${changing}`, others), allowOnly(READING)];
  return async (...args) => ((await access.whyReadOnly()) ? reading : all)(...args);
}

/** What `Allow` lists for whoever asks. @param readOnly why nobody can change the list */
export function allowed(changing: string, readOnly?: string, account?: Account): string {
  return account === 'editor' && readOnly === undefined ? `${READING}, ${changing}` : READING;
}

const STATUS = { condition: 412, full: 409, broken: 409, 'no space': 507, uncertain: 504 };

function refusal({ refused, reason }: Refusal): HttpError {
  if (refused === 'read-only') return readOnly(reason);
  return createError(STATUS[refused], reason, { expose: true });
}
