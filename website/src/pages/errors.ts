import type { ErrorRequestHandler } from 'express';
import createError, { isHttpError } from 'http-errors';
import type { Logger } from 'pino';
import { requestId } from '#service/request-id';
import { logFailure } from '#service/request-log';
import { ApiError, type ApiErrorKind } from '../api/error';
import { queryOf, studentsAddress } from '../students/address';
import { renderView, sendHtml } from './views';
import { VisitorLeft } from './visitor-signal';

type Words = readonly [title: string, advice?: string];

const LATER = 'Please try again in a moment.';

/** What happened, and what to do about it; where there is no advice, the error has it. */
const WORDS: Readonly<Record<ApiErrorKind | number, Words>> = {
  unreachable: ['The student list cannot be reached right now', LATER],
  timeout: ['The student list takes too long', LATER],
  refused: ['The student list is locked for this website', 'Please tell those who run it.'],
  'no-list': ['There is no student list right now', LATER],
  nonsense: ['The student list cannot be read right now', LATER],
  400: ['This address is not valid', 'Please check it, or start from the first page.'],
  401: ['Manage the list'],
  403: ['This form came from another site', 'Please open the page here, and fill it in again.'],
  404: ['There is no such page', 'It may have moved, or the address may have been mistyped.'],
  405: ['This page cannot do that', 'It can only be looked at.'],
  409: ['The list cannot be changed', 'Please ask whoever set this website up.'],
  412: ['The list has changed meanwhile'],
  413: ['That was too much at once', 'Please go back and send it in several parts.'],
  415: ['That cannot be read', 'This page takes nothing that is compressed.'],
  503: ['Too many want this right now', `Nothing was changed. ${LATER}`],
  504: ['It is not certain that this was saved', 'Please look at the list first.'],
};

/** Finds the words for an error. Of one that was not expected, a visitor learns only that it happened. */
export function describeError(error: unknown) {
  const isOfApi = error instanceof ApiError;
  const { status, message } = isOfApi || isHttpError(error) ? error : createError(500);
  const [title, advice = message] = WORDS[isOfApi ? error.kind : status] ?? [];
  if (title) return { status, title, advice, reason: status === 409 ? message : '' };
  const ours = `The fault is on our side. ${LATER}`;
  return { status: 500, title: 'Something went wrong', advice: ours };
}

/** A visitor gets a page in plain words; the cause stands in the log. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return async (error, req, res, _next) => {
    if (error instanceof VisitorLeft) return;
    const page = describeError(error);
    const { status, title } = page;
    const unexpected = status < 500 ? undefined : { err: error };
    const cause = error instanceof ApiError ? { cause: error.message } : unexpected;
    logFailure(logger, req, status, title, cause);
    if (res.headersSent) return void res.destroy(); // a response that has begun can only be cut off
    const list = req.path.startsWith('/manage') ? '/manage' : '/students';
    const retryAddress = studentsAddress(queryOf(req), list);
    sendHtml(
      res,
      status,
      await renderView(req.app, 'error', { ...page, id: requestId(req), retryAddress }),
      {
        ...(isHttpError(error) && error.headers),
        ...(status === 503 && { 'Retry-After': '2' }),
        'Cache-Control': 'no-store',
      },
    );
  };
}
