import type { RequestHandler } from 'express';
import type { ApiClient } from './api-client';
import { encodeHtml, sendHtml } from './html-answer';
import type { CreatePage } from './page-cache';
import { renderView } from './views';

/** Answers with the first page: the title and the button. */
export const homeRoute: RequestHandler = async (req, res) => {
  sendHtml(res, 200, encodeHtml(await renderView(req.app, 'home', {})));
};

/**
 * Creates the handler of the list's page.
 *
 * @param api where the list comes from
 * @param readSearch finds the query that tells what of the list to show
 * @throws ApiError (the handler) when the API does not give the list
 */
export function studentsRoute(
  api: ApiClient,
  createPage: CreatePage,
  readSearch: (url: string) => string,
): RequestHandler {
  return async (req, res) => {
    sendHtml(res, 200, await createPage(await api.getStudents(), readSearch(req.url)));
  };
}

/** The query of a request's URL: what follows the `?`, or nothing. */
export function searchOfUrl(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}
