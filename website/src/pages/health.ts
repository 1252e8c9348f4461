import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { sendJson } from '#service/json';
import { logFailure } from '#service/request-log';
import type { ApiClient } from '../api/client';
import { ApiError } from '../api/error';
import { describeError } from './error-page';

/** Responds with 200 as long as the process can respond at all, with or without the API. */
export const live: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

/** Creates the handler that tells whether the API gives a list, or 503 and why not. */
export function ready(api: ApiClient, logger: Logger): RequestHandler {
  return async (req, res) => {
    try {
      await api.version();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { title } = describeError(error);
      logFailure(logger, req, 503, title, { cause: error.message });
      sendJson(res, 503, { error: title }, { 'Retry-After': '2' });
      return;
    }
    sendJson(res, 200, { status: 'ready' });
  };
}
