import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { ApiError } from './api-error';
import { describeError, errorHeaders } from './error-page';
import { encodeHtml, sendHtml } from './html-answer';
import { HttpError } from './http-error';
import { searchOfUrl } from './page-routes';
import { describeRequest } from './request-log';
import { parseStudentQuery, studentsAddress } from './student-query';
import { renderView } from './views';

/**
 * Creates the one place where a request that failed is answered and logged. A visitor gets a page in
 * plain words; the cause stands in the log.
 */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return async (error, req, res, _next) => {
    const page = describeError(error);
    const request = { ...describeRequest(req), status: page.status };
    if (error instanceof ApiError) logger.error({ ...request, cause: error.message }, page.title);
    else if (error instanceof HttpError) logger.warn(request, error.message);
    else logger.error({ ...request, err: error }, page.title);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const headers = { ...errorHeaders(error), 'Cache-Control': 'no-store' };
    const retryAddress = studentsAddress(parseStudentQuery(searchOfUrl(req.url)));
    try {
      const html = await renderView(req.app, 'error', { ...page, retryAddress });
      sendHtml(res, page.status, encodeHtml(html), headers);
    } catch (err) {
      logger.error({ ...request, err }, 'the error page cannot be rendered');
      sendHtml(res, page.status, encodeHtml(`${page.title}\n`), {
        ...headers,
        'Content-Type': 'text/plain; charset=utf-8',
      });
    }
  };
}
