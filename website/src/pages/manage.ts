import type { Express, Request, RequestHandler } from 'express';
import createError from 'http-errors';
import type { Logger } from 'pino';
import { allowOnly, atMost, readBody } from '#service/express';
import { logFailure } from '#service/request-log';
import type { ApiClient } from '../api/client';
import { MAY_I, type Wish } from '../api/editor';
import { sendHtml } from './html';
import { ask, queryOf } from './routes';
import { createStudentsPage } from './students-page';
import { EMPTY_FORM, type Form, renderView, type Shown } from './views';

/** The most bytes of what is pasted, as a browser sends it. */
const MAX_PASTE_BYTES = 1024 * 1024;

/** How many pastes may be under way. */
const MAX_PASTES = 10;

const VIEWS = ['add', 'change', 'remove', 'paste'] as const;

type View = (typeof VIEWS)[number];

/** What each form asks for. */
const WISHES: Readonly<Record<View, (form: Form, shown: Shown) => Wish | undefined>> = {
  add: ({ name, age }) => ({ method: 'PUT', name, age, onlyIf: { 'If-None-Match': '*' } }),
  change: ({ name, age, etag }) => ({ method: 'PUT', name, age, onlyIf: { 'If-Match': etag } }),
  remove: ({ name, etag }) => ({ method: 'DELETE', name, onlyIf: { 'If-Match': etag } }),
  paste: ({ save }, shown) =>
    save && 'patch' in shown ? { method: 'PATCH', patch: shown.patch } : undefined,
};

/**
 * Adds the pages on which a visitor changes the list, with credentials of their own: each first asks the
 * API whether it accepts them, and whether the list can be changed. A change leads to the page of the list,
 * which a reload shows again without sending anything; a refusal to the same page, with what was typed.
 *
 * The pages read bodies by themselves, behind those questions, because one of them may be large.
 *
 * @throws HttpError (the pages) 401, 403 for a form of another site, 409 where nobody can change the list,
 *   504 when it is not certain what became of a change; ApiError without a proper response to all else
 */
export function addManagePages(app: Express, api: ApiClient, logger: Logger, basePath: string) {
  const mayChange: RequestHandler = async ({ headers }, _res, next) => {
    const { status, error } = await api.edit(headers.authorization, MAY_I);
    if (status !== 200) throw createError(409, error);
    next();
  };

  /** Gets what a page shows; undefined when the student is not there, or the visitor has gone. */
  async function load(view: View, req: Request, { name, text }: Form): Promise<Shown | undefined> {
    const { authorization } = req.headers;
    if (view === 'change' || view === 'remove') {
      const student = await api.edit(authorization, { method: 'GET', name });
      return student.status === 200 ? student : undefined;
    }
    const own = { ...api, getStudents: () => api.getStudents(authorization) };
    if (view === 'paste') return ask(req, own, (list, isWanted) => list.compare(text, isWanted));
    const query = queryOf(req);
    const excerpt = await ask(req, own, (list, isWanted) => list.excerpt(query, isWanted));
    return excerpt && createStudentsPage(excerpt, query, '/manage');
  }

  for (const view of VIEWS) {
    const respond: RequestHandler = async (req, res) => {
      const form = formOf(req);
      const shown = await load(view, req, form);
      const wish = shown && req.method === 'POST' && WISHES[view](form, shown);
      const refusal = wish ? await api.edit(req.headers.authorization, wish) : undefined;
      if (!shown || (refusal && refusal.status < 300)) {
        const query = new URLSearchParams({ done: shown ? view : 'missing', student: form.name });
        res.writeHead(303, { Location: `${basePath}/manage?${query}`, 'Content-Length': 0 }).end();
        return;
      }
      const status = refusal?.status === 400 ? 400 : 409;
      if (refusal) logFailure(logger, req, status, 'Refused what a form asked for');
      const html = await renderView(app, view, { ...shown, form, refusal });
      sendHtml(res, refusal ? status : 200, html, { 'Cache-Control': 'no-store' });
    };
    const path = view === 'add' ? '/manage' : `/manage/${view}`;
    const read = view === 'paste' ? [atMost(MAX_PASTES), ...readBody(MAX_PASTE_BYTES)] : readBody();
    app.get(path, readBody(), mayChange, respond);
    app.post(path, sameSite, mayChange, read, respond);
    app.all(path, readBody(), allowOnly('GET, HEAD, POST, OPTIONS'));
  }
}

/** What the address says, and what was typed, without white space around it. */
function formOf({ url, body }: Request): Form {
  const form = new URL(url, 'http://localhost').searchParams;
  for (const [key, value] of new URLSearchParams(String(body ?? ''))) form.set(key, value.trim());
  return { ...EMPTY_FORM, ...Object.fromEntries(form) };
}

/**
 * Refuses what a page of another site makes a browser send, which adds the visitor's credentials. What
 * is no browser has neither header, and nobody's credentials but its own.
 *
 * @throws HttpError 403
 */
const sameSite: RequestHandler = ({ headers }, _res, next) => {
  // A proxy may pass on another host, and the browser's own beside it, which no page can forge.
  const { origin, host, 'x-forwarded-host': asked = host, 'sec-fetch-site': site } = headers;
  const own = [undefined, `http://${asked}`, `https://${asked}`];
  // Browsers send Sec-Fetch-Site to HTTPS and to localhost alone.
  const isOwn = site ? site === 'same-origin' || site === 'none' : own.includes(origin);
  if (!isOwn) throw createError(403, 'Request from another site');
  next();
};
