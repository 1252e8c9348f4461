import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client';
import { ApiError } from './api-error';
import { describeError } from './error-page';
import { sendJson } from './json-answer';
import { describeRequest } from './request-log';

/** Answers 200 as long as the process can answer at all, with or without the API. */
export const liveRoute: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

/** Creates the handler that tells whether the API gives a list, or 503 and why not. */
export function readyRoute(api: ApiClient, logger: Logger): RequestHandler {
  return async (req, res) => {
    try {
      await api.getStudents();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { title } = describeError(error);
      logger.error({ ...describeRequest(req), status: 503, cause: error.message }, title);
      sendJson(res, 503, { error: title }, { 'Retry-After': '2' });
      return;
    }
    sendJson(res, 200, { status: 'ready' });
  };
}
