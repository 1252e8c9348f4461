import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { sendJson } from '#service/json';
import { logFailure } from '#service/request-log';
import type { ApiClient } from '../api/client';
import { ApiError } from '../api/error';
import { describeError } from './errors';

/** With or without the API: nobody is to end a website because of it. */
export const live: RequestHandler = (_req, res) => sendJson(res, 200, { status: 'live' });

export function ready(api: ApiClient, logger: Logger): RequestHandler {
  return async (req, res) => {
    try {
      await api.version();
      sendJson(res, 200, { status: 'ready' });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { title } = describeError(error);
      logFailure(logger, req, 503, title, { cause: error.message });
      sendJson(res, 503, { error: title }, { 'Retry-After': '2' });
    }
  };
}
