import type { RequestHandler } from 'express';
import { sendJson } from '../service/json';
import { NoListError, type StudentStore } from '../students/store';

/** The process can respond at all. */
export const live: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

/** Whether a list can be served, be it an old one. @throws NoListError (the handler) */
export function ready(store: StudentStore): RequestHandler {
  return async (_req, res) => {
    const { students, problem } = await store.health();
    if (students === undefined) throw new NoListError(problem);
    sendJson(res, 200, { status: 'ready', students, problem });
  };
}
