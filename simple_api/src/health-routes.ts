import type { RequestHandler } from 'express';
import { sendJson } from './json-answer';
import { listUnavailable } from './student-ages-route';
import type { StudentStore } from './student-store';

/** Answers 200 as long as the process can answer at all. */
export const liveRoute: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

/**
 * Creates the handler that tells whether a list can be served, and, while that is an old one because
 * the file is broken now, what is wrong.
 *
 * @throws HttpError (the handler) 503 with the reason while there is no list
 */
export function readyRoute(store: StudentStore): RequestHandler {
  return (_req, res) => {
    const snapshot = store.snapshot();
    if (!snapshot) throw listUnavailable(store);
    const problem = store.problem();
    sendJson(res, 200, {
      status: 'ready',
      students: snapshot.students,
      ...(problem && { problem }),
    });
  };
}
