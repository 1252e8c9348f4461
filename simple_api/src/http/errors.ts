import type { ErrorRequestHandler } from 'express';
import createError, { isHttpError } from 'http-errors';
import type { Logger } from 'pino';
import { sendJson } from '../service/json';
import { logFailure } from '../service/request-log';
import { JsonError } from '../students/json';
import { NoListError } from '../students/store';

/** A client learns what an HTTP error says that is meant for it; of anything else only that it happened. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    const error = toHttpError(thrown);
    const isForClient = isHttpError(error) && error.expose;
    const { status, message, headers, fields } = isForClient
      ? error
      : createError(500, 'Internal server error');
    logFailure(logger, req, status, message, isForClient ? undefined : { err: error });
    sendJson(res, status, { error: message, ...(fields && { fields }) }, headers);
  };
}

function toHttpError(thrown: unknown): unknown {
  // Express cannot decode a name in a path (RFC 3986, 2.1).
  if (thrown instanceof URIError) return createError(400, 'Bad request');
  if (thrown instanceof JsonError)
    return createError(400, `Nothing was changed: ${thrown.message}`);
  if (!(thrown instanceof NoListError)) return thrown;
  return createError(503, thrown.message, { expose: true, headers: { 'Retry-After': '2' } });
}
