import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { countWarnings } from '#service/logger';
import { count } from '#service/metrics';
import { type Both, codingFor, sendRepresentation } from '#service/representation';
import { requestId } from '#service/request-id';
import type { ApiClient } from '../api/client';
import { ApiError } from '../api/error';
import {
  DEFAULT_QUERY,
  isFiltered,
  queryOf,
  type StudentQuery,
  studentsAddress,
} from '../students/address';
import type { InTurn } from './in-turn';
import { createKeptPages } from './kept-pages';
import { createStudentsPage } from './students-page';
import { renderView, representPage, sendHtml } from './views';
import { signalOf } from './visitor-signal';

const FIRST = studentsAddress(DEFAULT_QUERY);

/**
 * In production, pages are kept. Such a page is shown for as long as the list has the same version, and
 * when the list cannot be had, then with a line that says so.
 */
export function students(api: ApiClient, inTurn: InTurn, logger: Logger): RequestHandler {
  // Apart, so that invented filters do not push out the pages of all, nor those the first one.
  const [first, ofAll, filtered] = [createKeptPages(), createKeptPages(), createKeptPages()];
  function keptFor(query: StudentQuery) {
    if (isFiltered(query)) return filtered;
    return studentsAddress(query) === FIRST ? first : ofAll;
  }
  const warn = countWarnings(logger, 'The list cannot be had; a page is shown as it was');
  let away: Date | undefined; // the first failure after the last success

  async function find(query: StudentQuery, address: string, res: Response): Promise<Both> {
    const version = await api.version();
    const kept = keptFor(query);
    const old = kept.get(address, version);
    if (old) return old;
    const signal = signalOf(res);
    return inTurn(query, signal, async () => {
      // Another visitor may have got the same page meanwhile.
      const other = kept.get(address, version);
      if (other) return other;
      const list = await api.page(query, { signal, id: requestId(res.req) });
      const shown = createStudentsPage(list, query);
      const page = await representPage(await renderView(res.app, 'students', shown));
      // A page behind the end is the last one. As Express with the views: an edit of one shows at once.
      const isKept = res.app.enabled('view cache') && list.page === query.page;
      if (isKept) kept.keep(address, list.etag, page);
      return page;
    });
  }

  return async (req, res) => {
    // Scripts send something by POST, as the first page's button did once.
    const query = req.method === 'POST' ? DEFAULT_QUERY : queryOf(req);
    const address = studentsAddress(query);
    try {
      const page = await find(query, address, res);
      away = undefined;
      sendRepresentation(req, res, page[codingFor(req)]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      away ??= new Date();
      const old = keptFor(query).get(address);
      if (!old) throw error;
      warn({ id: requestId(req), cause: error.message });
      count('pages_shown_again_total');
      const notice = await renderView(res.app, 'away', { since: away });
      const { body } = old.identity;
      const html = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
      const top = html.indexOf('<main>') + '<main>\n'.length;
      const page = Buffer.concat([html.subarray(0, top), notice, html.subarray(top)]);
      sendHtml(res, 200, page, { 'Cache-Control': 'no-store' });
    }
  };
}
