import type { Express, RequestHandler } from 'express';
import createError from 'http-errors';
import type { Logger } from 'pino';
import { allowOnly, atMost, readBody } from '#service/express';
import type { ApiClient } from '../../api/client';
import { signIn } from '../../api/visitor';
import { signalOf } from '../visitor-signal';
import { formPage, undoPage } from './form-page';
import { MAX_PASTE_BYTES, pastePage } from './paste';
import { sendPage } from './respond';
import { sameSite } from './same-site';

const MAX_FORM_BYTES = 2 * MAX_PASTE_BYTES; // with what was looked at, or what undoes it
const MAX_LONG_FORMS = 10; // in memory, with the pages that answer them

/** Beside the first page: browsers send what is entered there to all of them (RFC 7617, 2.2). */
const SIGN_IN = '/manage?sign-in=yes';

const SIGNED_OUT =
  'You are signed out. If “Manage the list” still lets you in, close all windows of your browser.';

/**
 * Adds the pages on which a visitor changes the list, with credentials of their own: each first asks the
 * API whether they may. Only then is a body read, because one of them may be large.
 *
 * @throws HttpError (the pages) 401; 403 for a form of another site; 409 where nobody can change the list;
 *   504 when it is not certain what became of a change; ApiError without a proper response to all else
 */
export function addManagePages(app: Express, api: ApiClient, logger: Logger): void {
  const mayChange: RequestHandler = async (req, res, next) => {
    await api.as(req).list(signalOf(res));
    next();
  };
  /** Browsers send no credentials until they are asked for them; before that, a page says which. */
  const welcome: RequestHandler = async ({ url, headers }, res, next) => {
    if (headers.authorization) return next();
    const reason = await api.readOnly();
    if (reason !== null) throw createError(409, reason);
    if (url === SIGN_IN) return next();
    await sendPage(logger, res, 'sign-in', { address: SIGN_IN });
  };
  const limit = atMost(MAX_LONG_FORMS);
  const readLong = [limit, ...readBody(MAX_FORM_BYTES)];
  const pages = [
    { path: '/manage', page: formPage(api, logger, 'add'), read: readBody() },
    { path: '/manage/change', page: formPage(api, logger, 'change'), read: readBody() },
    { path: '/manage/remove', page: formPage(api, logger, 'remove'), read: readLong },
    { path: '/manage/paste', page: pastePage(api, logger), read: readLong },
    { path: '/manage/undo', page: undoPage(api), read: readLong },
  ];
  for (const { path, page, read } of pages) {
    app.get(path, readBody(), welcome, mayChange, page.show);
    app.post(path, sameSite, mayChange, read, page.act);
    app.all(path, readBody(), allowOnly('GET, HEAD, POST, OPTIONS'));
  }
  app.all('/manage/sign-out', readBody(), () => {
    throw signIn(SIGNED_OUT);
  });
}
