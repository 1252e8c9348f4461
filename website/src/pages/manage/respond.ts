import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { logFailure } from '#service/request-log';
import type { Outcome } from '../../api/responses';
import { queryOf, studentsAddress } from '../../students/address';
import { renderView, sendHtml } from '../views';
import type { Edit } from './edit';

export type ManagePage = Readonly<Record<'show' | 'act', RequestHandler>>;

type Shown = Readonly<Record<string, unknown>> & { refusal?: Outcome | undefined };

/** Responds with a page that no browser keeps. What the API has refused stands in the log as well. */
export async function sendPage(logger: Logger, res: Response, view: string, shown: Shown) {
  const { refusal } = shown;
  const { status: refused = 200 } = refusal ?? {};
  const status = [200, 400, 503].includes(refused) ? refused : 409;
  if (refusal) logFailure(logger, res.req, status, 'Refused what a form asked for');
  const html = await renderView(res.app, view, { ...shown, back: backOf(res) });
  sendHtml(res, status, html, { 'Cache-Control': 'no-store' });
}

/** What is behind the address of the list that a visitor came from. */
function backOf({ req }: Response): string {
  const { searchParams } = new URL(req.url, 'http://localhost');
  const url = req.path === '/manage' ? req.url : (searchParams.get('back') ?? '');
  return studentsAddress(queryOf({ url }), '');
}

/**
 * Leads to the page of the list, which says what was done, once.
 *
 * @param edit what can be undone there
 * @param like who has a name that looks alike
 */
export function leadBack(res: Response, done: string, name: string, edit?: Edit, like = ''): void {
  const path = `${res.app.locals['base']}/manage`;
  const undo = edit && { age: JSON.stringify(edit.was), was: JSON.stringify(edit.age) };
  const flash = `${new URLSearchParams({ done, name, like, ...undo })}`;
  const options = { path, httpOnly: true, sameSite: 'strict', maxAge: 5 * 60_000 } as const;
  res.cookie('flash', flash, { ...options, encode: String });
  res.redirect(303, path + backOf(res));
}

/** Takes what is to be said. It may be forged: only what somebody presses can follow from it. */
export function takeFlash(res: Response): Readonly<Record<string, string>> {
  const [, flash] = /(?:^|;\s*)flash=([^;]*)/.exec(res.req.headers.cookie ?? '') ?? [];
  if (flash) res.clearCookie('flash', { path: `${res.app.locals['base']}/manage` });
  return Object.fromEntries(new URLSearchParams(flash));
}
