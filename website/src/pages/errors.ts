import type { ErrorRequestHandler } from 'express';
import { isHttpError } from 'http-errors';
import type { Logger } from 'pino';
import { logFailure } from '#service/request-log';
import { ApiError } from '../api/error';
import { queryOf, studentsAddress } from '../students/address';
import { describeError } from './error-page';
import { sendHtml } from './html';
import { renderView } from './views';
import { VisitorLeft } from './visitor-signal';

/**
 * Creates the one place where a request that failed is responded to and logged. A visitor gets a page
 * in plain words; the cause stands in the log.
 */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return async (error, req, res, next) => {
    if (error instanceof VisitorLeft) return;
    const page = describeError(error);
    const { status, title } = page;
    const unexpected = status < 500 ? undefined : { err: error };
    const cause = error instanceof ApiError ? { cause: error.message } : unexpected;
    logFailure(logger, req, status, title, cause);
    // A response that has begun can only be cut off, which Express does.
    if (res.headersSent) return next(error);
    const list = req.path.startsWith('/manage') ? '/manage' : '/students';
    const retryAddress = studentsAddress(queryOf(req), list);
    sendHtml(res, status, await renderView(req.app, 'error', { ...page, retryAddress }), {
      ...(isHttpError(error) && error.headers),
      ...(status === 503 && { 'Retry-After': '2' }),
      'Cache-Control': 'no-store',
    });
  };
}
