import type { RequestHandler } from 'express';
import { sendJson } from '../service/json';
import type { StudentStore } from '../students/store';
import { listOf } from './student-ages';

/** Responds with 200 as long as the process can respond at all. */
export const live: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

/**
 * Creates the handler that tells whether a list can be served, and, while that is an old one because
 * the file is broken now, what is wrong.
 *
 * @throws HttpError (the handler) 503 with the reason while there is no list
 */
export function ready(store: StudentStore): RequestHandler {
  return (_req, res) => {
    const { students } = listOf(store);
    const problem = store.problem();
    sendJson(res, 200, { status: 'ready', students, ...(problem && { problem }) });
  };
}
