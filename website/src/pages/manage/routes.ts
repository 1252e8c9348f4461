import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { allowOnly, atMost, readBody } from '#service/express';
import type { ApiClient } from '../../api/client';
import { signalOf } from '../visitor-signal';
import { formPage } from './form-page';
import { pastePage } from './paste';
import { sameSite } from './same-site';

const MAX_PASTE_BYTES = 1024 * 1024; // as a browser sends it
const MAX_PASTES = 10; // in memory, with the pages that answer them

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
  const readPaste = [atMost(MAX_PASTES), ...readBody(MAX_PASTE_BYTES)];
  const pages = [
    { path: '/manage', page: formPage(api, logger, 'add'), read: readBody() },
    { path: '/manage/change', page: formPage(api, logger, 'change'), read: readBody() },
    { path: '/manage/remove', page: formPage(api, logger, 'remove'), read: readBody() },
    { path: '/manage/paste', page: pastePage(api, logger), read: readPaste },
  ];
  for (const { path, page, read } of pages) {
    app.get(path, readBody(), mayChange, page.show);
    app.post(path, sameSite, mayChange, read, page.act);
    app.all(path, readBody(), allowOnly('GET, HEAD, POST, OPTIONS'));
  }
}
