import type { ErrorRequestHandler } from 'express';
import createError, { isHttpError } from 'http-errors';
import type { Logger } from 'pino';
import { sendJson } from '../service/json';
import { logFailure } from '../service/request-log';

/**
 * Creates the one place where a request that failed is responded to and logged. A client learns what
 * an HTTP error says that is meant for it; of anything else only that it happened.
 */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    // Express cannot decode a name in a path (RFC 3986, 2.1).
    const error = thrown instanceof URIError ? createError(400, 'Bad request') : thrown;
    const isForClient = isHttpError(error) && error.expose;
    const { status, message, headers, fields } = isForClient
      ? error
      : createError(500, 'Internal server error');
    logFailure(logger, req, status, message, isForClient ? undefined : { err: error });
    sendJson(res, status, { error: message, ...(fields && { fields }) }, headers);
  };
}
