import type { ErrorRequestHandler } from 'express';
import createError, { isHttpError } from 'http-errors';
import type { Logger } from 'pino';
import { sendJson } from '../service/json';
import { requestId } from '../service/request-id';
import { logFailure } from '../service/request-log';
import { JsonError } from '../students/json';
import { NoListError } from '../students/store';

/** A client learns what an HTTP error says that is meant for it; of anything else only that it happened. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    const error = toHttpError(thrown, req.method);
    const isForClient = isHttpError(error) && error.expose;
    const { status, message, headers, fields } = isForClient ? error : UNEXPECTED;
    logFailure(logger, req, status, message, isForClient ? undefined : { err: error });
    if (res.headersSent) return; // a body was cut in the middle
    const id = { 'X-Request-Id': requestId(req) }; // where `identify` has not been reached
    sendJson(res, status, { error: message, ...(fields && { fields }) }, { ...headers, ...id });
  };
}

const UNEXPECTED = createError(500, 'Internal server error');

function toHttpError(error: unknown, method: string): unknown {
  // Express cannot decode a name in a path (RFC 3986, 2.1).
  if (error instanceof URIError) return createError(400, 'Bad request');
  if (error instanceof JsonError) return createError(400, `Nothing was changed: ${error.message}`);
  if (!(error instanceof NoListError)) return error;
  const isChange = ['PUT', 'PATCH', 'DELETE'].includes(method);
  const message = isChange ? `Nothing was changed: ${error.message}` : error.message;
  return createError(503, message, { expose: true, headers: { 'Retry-After': '2' } });
}
