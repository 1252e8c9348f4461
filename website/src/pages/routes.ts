import type { Request, RequestHandler } from 'express';
import type { ApiClient } from '../api/client';
import { DEFAULT_QUERY, parseStudentQuery, type StudentQuery } from '../students/query';
import type { Students } from '../students/students';
import type { RenderPage } from './cache';
import { sendHtml } from './html';
import { renderView } from './views';

/** Responds with the first page: the title and the button. */
export const home: RequestHandler = async (req, res) => {
  sendHtml(res, 200, await renderView(req.app, 'home', {}));
};

/** Asks search engines not to come at all: robots.txt (RFC 9309). */
export const robots: RequestHandler = (_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/plain' }).end('User-agent: *\nDisallow: /\n');
};

/** Creates the handler that leads to another address. */
export function redirectTo(address: string): RequestHandler {
  return (_req, res) => void res.writeHead(302, { Location: address, 'Content-Length': 0 }).end();
}

/**
 * Creates the handler of the list's page. What is sent to it by POST is of no interest: scripts do so as
 * the first page's button did once.
 *
 * @throws ApiError (the handler) when the API does not give the list
 */
export function students(api: ApiClient, renderPage: RenderPage): RequestHandler {
  return async (req, res) => {
    const query = req.method === 'POST' ? DEFAULT_QUERY : queryOf(req);
    const html = await ask(req, api, (list, isWanted) => renderPage(list, query, isWanted));
    if (html) sendHtml(res, 200, html);
  };
}

/**
 * Gets something of the list for a client. It is asked for again when it comes to nothing: the list was
 * replaced meanwhile, or another client, who asked for the same first, has gone.
 *
 * @returns undefined when this client has gone
 * @throws ApiError when the API does not give the list
 */
export async function ask<T extends object>(
  { socket }: Request,
  api: ApiClient,
  get: (list: Students, isWanted: () => boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  const isWanted = () => socket.writable;
  let found: T | undefined;
  while (!found && isWanted()) found = await get(await api.getStudents(), isWanted);
  return found;
}

/**
 * Lets a connection have one request under way: those that follow it wait until it is answered, so that
 * who sends many waits for themselves, and nothing is done for a client that is gone.
 */
export const oneAtATime: RequestHandler = (_req, res, next) => {
  // Node.js gives a response its socket when those before it are finished.
  if (res.socket) next();
  else res.once('socket', () => next());
};

export function queryOf(req: Request): StudentQuery {
  const start = req.url.indexOf('?');
  return start === -1 ? DEFAULT_QUERY : parseStudentQuery(req.url.slice(start + 1));
}
