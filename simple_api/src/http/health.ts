import type { RequestHandler } from 'express';
import { sendJson } from '../service/json';
import { NoListError, type StudentStore } from '../students/store';

/** Responds with 200 as long as the process can respond at all. */
export const live: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

/**
 * Creates the handler that tells whether a list can be served, and, while that is an old one because
 * the file is broken now, what is wrong.
 *
 * @throws NoListError (the handler) while there is no list
 */
export function ready(store: StudentStore): RequestHandler {
  return async (_req, res) => {
    const { students, problem } = await store.health();
    if (students === undefined) throw new NoListError(problem);
    sendJson(res, 200, { status: 'ready', students, problem });
  };
}
