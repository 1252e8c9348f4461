import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { logFailure } from '#service/request-log';
import type { Outcome } from '../../api/responses';
import { renderView, sendHtml } from '../views';

export type ManagePage = Readonly<Record<'show' | 'act', RequestHandler>>;

type Shown = Readonly<Record<string, unknown>> & { refusal?: Outcome | undefined };

/** Responds with a page that no browser keeps. What the API has refused stands in the log as well. */
export async function sendPage(logger: Logger, res: Response, view: string, shown: Shown) {
  const { refusal } = shown;
  const status = refusal ? (refusal.status === 400 ? 400 : 409) : 200;
  if (refusal) logFailure(logger, res.req, status, 'Refused what a form asked for');
  const html = await renderView(res.app, view, shown);
  sendHtml(res, status, html, { 'Cache-Control': 'no-store' });
}

/** Leads to the page of the list, which a reload shows again without sending anything. */
export function leadBack(res: Response, done: string, student: string): void {
  const query = new URLSearchParams({ done, student });
  res.redirect(303, `${res.app.locals['base']}/manage?${query}`);
}
