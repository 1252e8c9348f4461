import type { Request, RequestHandler } from 'express';
import type { ApiClient } from '../api/client';
import { DEFAULT_QUERY, parseStudentQuery, type StudentQuery } from '../students/query';
import type { RenderPage } from './cache';
import { sendHtml } from './html';
import { renderView } from './views';

/** Responds with the first page: the title and the button. */
export const home: RequestHandler = async (req, res) => {
  sendHtml(res, 200, await renderView(req.app, 'home', {}));
};

/**
 * Creates the handler of the list's page. What the button of the first page sends is of no interest.
 *
 * @throws ApiError (the handler) when the API does not give the list
 */
export function students(api: ApiClient, renderPage: RenderPage): RequestHandler {
  return async (req, res) => {
    const query = req.method === 'POST' ? DEFAULT_QUERY : queryOf(req);
    sendHtml(res, 200, await renderPage(await api.getStudents(), query));
  };
}

export function queryOf(req: Request): StudentQuery {
  const start = req.url.indexOf('?');
  return start === -1 ? DEFAULT_QUERY : parseStudentQuery(req.url.slice(start + 1));
}
