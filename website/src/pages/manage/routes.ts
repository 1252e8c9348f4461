import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { allowOnly, atMost, readBody } from '#service/express';
import type { ApiClient } from '../../api/client';
import { signalOf } from '../visitor-signal';
import { addPage } from './add';
import { changePage } from './change';
import { pastePage } from './paste';
import { removePage } from './remove';
import { sameSite } from './same-site';

/** The most bytes of what is pasted, as a browser sends it. */
const MAX_PASTE_BYTES = 1024 * 1024;

/** How many pastes, with the pages that answer them, may be in memory. */
const MAX_PASTES = 10;

/**
 * Adds the pages on which a visitor changes the list, with credentials of their own: each first asks the
 * API whether it accepts them, and whether the list can be changed. Only then is a body read, because one
 * of them may be large. A change leads to the page of the list, which a reload shows again without sending
 * anything; a refusal to the same page, with what was typed.
 *
 * @throws HttpError (the pages) 401; 403 for a form of another site; 409 where nobody can change the list;
 *   504 when it is not certain what became of a change; ApiError without a proper response to all else
 */
export function addManagePages(app: Express, api: ApiClient, logger: Logger): void {
  const mayChange: RequestHandler = async (req, res, next) => {
    await api.as(req.headers.authorization).list(signalOf(res));
    next();
  };
  const readPaste = [atMost(MAX_PASTES), ...readBody(MAX_PASTE_BYTES)];
  const add = addPage(api, logger);
  const pages = [
    { path: '/manage/change', page: changePage(api, logger), read: readBody() },
    { path: '/manage/remove', page: removePage(api, logger), read: readBody() },
    { path: '/manage/paste', page: pastePage(api, logger), read: readPaste },
  ];
  app.get('/manage', readBody(), add.show); // what it asks for tells as much
  app.post('/manage', sameSite, mayChange, readBody(), add.act);
  for (const { path, page, read } of pages) {
    app.get(path, readBody(), mayChange, page.show);
    app.post(path, sameSite, mayChange, read, page.act);
  }
  app.all(['/manage', ...pages.map(({ path }) => path)], readBody(), allowOnly(METHODS));
}

const METHODS = 'GET, HEAD, POST, OPTIONS';
