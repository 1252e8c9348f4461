import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { countWarnings } from '#service/logger';
import type { ApiClient } from '../api/client';
import { ApiError } from '../api/error';
import { DEFAULT_QUERY, queryOf, type StudentQuery, studentsAddress } from '../students/address';
import { sendHtml } from './html';
import type { InTurn } from './in-turn';
import { createKeptPages } from './kept-pages';
import { createStudentsPage } from './students-page';
import { insertNotice, renderView } from './views';
import { signalOf } from './visitor-signal';

/**
 * Creates the handler of the list's page. What is sent to it by POST is of no interest: scripts do so as
 * the first page's button did once.
 *
 * In production, pages are kept. Such a page is shown for as long as the list has the same version, and
 * when the list cannot be had, then with a line that says so.
 *
 * @throws ApiError (the handler) when the API does not give a page that is not kept
 */
export function students(api: ApiClient, inTurn: InTurn, logger: Logger): RequestHandler {
  const kept = createKeptPages();
  const warn = countWarnings(logger, 'The list cannot be had; a page is shown as it was');
  /** The first failure after the last success. */
  let away: Date | undefined;

  async function render(query: StudentQuery, address: string, res: Response, signal: AbortSignal) {
    const page = await api.page(query, signal);
    const html = await renderView(res.app, 'students', createStudentsPage(page, query));
    // Like Express with the views: otherwise, an edit of a view shows at once.
    if (res.app.enabled('view cache')) kept.keep(address, { version: page.etag, html });
    return html;
  }

  async function find(query: StudentQuery, address: string, res: Response): Promise<Buffer> {
    const version = await api.version();
    const keptNow = () => {
      const page = kept.get(address);
      return page?.version === version ? page.html : undefined;
    };
    const html = keptNow();
    if (html) return html;
    const signal = signalOf(res);
    // Another visitor may have got the same page meanwhile.
    return inTurn(signal, async () => keptNow() ?? render(query, address, res, signal));
  }

  return async (req, res) => {
    const query = req.method === 'POST' ? DEFAULT_QUERY : queryOf(req);
    const address = studentsAddress(query);
    try {
      const html = await find(query, address, res);
      away = undefined;
      sendHtml(res, 200, html);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      away ??= new Date();
      const old = kept.get(address);
      if (!old) throw error;
      warn({ cause: error.message });
      const notice = await renderView(res.app, 'away', { since: away });
      sendHtml(res, 200, insertNotice(old.html, notice), { 'Cache-Control': 'no-store' });
    }
  };
}
