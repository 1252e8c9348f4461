import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { HttpError } from './http-error';
import { sendJson } from './json-answer';
import { describeRequest } from './request-log';

/**
 * Creates the one place where a request that failed is answered and logged. A client learns what an
 * {@link HttpError} tells; of anything else only that it happened.
 */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const isExpected = error instanceof HttpError;
    const answer = isExpected ? error : new HttpError(500, 'Internal server error');
    const { status, message, headers } = answer;
    const request = { ...describeRequest(req), status };
    if (!isExpected) logger.error({ ...request, err: error }, message);
    else if (status >= 500) logger.error(request, message);
    else logger.warn(request, message);
    sendJson(res, status, { error: message }, headers);
  };
}
