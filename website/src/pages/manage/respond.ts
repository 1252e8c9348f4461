import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { logFailure } from '#service/request-log';
import type { Outcome } from '../../api/responses';
import { sendHtml } from '../html';
import { redirect } from '../redirect';
import { renderView, type Views } from '../views';

/** A page on which something is changed: how it is shown, and what becomes of its form. */
export type ManagePage = Readonly<Record<'show' | 'act', RequestHandler>>;

/** Responds with a page that no browser keeps. What the API has refused stands in the log as well. */
export async function sendPage<V extends keyof Views>(
  logger: Logger,
  res: Response,
  view: V,
  data: Views[V],
  refusal?: Pick<Outcome, 'status'>,
): Promise<void> {
  const status = refusal ? (refusal.status === 400 ? 400 : 409) : 200;
  if (refusal) logFailure(logger, res.req, status, 'Refused what a form asked for');
  const html = await renderView(res.app, view, data);
  sendHtml(res, status, html, { 'Cache-Control': 'no-store' });
}

/** Leads to the page of the list, which a reload shows again without sending anything. */
export function leadBack(res: Response, done: string, student: string): void {
  const query = new URLSearchParams({ done, student });
  redirect(res, 303, `${res.app.locals['base']}/manage?${query}`);
}
