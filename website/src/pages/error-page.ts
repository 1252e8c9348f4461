import createError, { isHttpError } from 'http-errors';
import { ApiError, type ApiErrorKind } from '../api/error';

/** What a visitor is told about a request that failed: what happened, and what to do about it. */
export interface ErrorPage {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

type Words = readonly [title: string, advice?: string];

const LATER = 'Please try again in a moment.';

/** By status code; where there is no advice, the error has it. */
const REFUSALS: Readonly<Record<number, Words>> = {
  400: ['This address is not valid', 'Please check it, or start from the first page.'],
  401: ['Sign in to change the list'],
  403: ['This form came from another site', 'Please open the page here, and fill it in again.'],
  404: ['There is no such page', 'It may have moved, or the address may have been mistyped.'],
  405: ['This page cannot do that', 'It can only be looked at.'],
  409: ['The list cannot be changed'],
  412: ['The list has changed meanwhile', LATER],
  413: ['That was too much at once', 'Please go back and send it in several parts.'],
  415: ['That cannot be read', 'This page takes nothing that is compressed.'],
  503: ['Too many want this right now', LATER],
  504: ['It is not certain that this was saved', 'Please look at the list first.'],
};

const API_ERRORS: Readonly<Record<ApiErrorKind, readonly [status: number, ...Words]>> = {
  unreachable: [503, 'The student list cannot be reached right now'],
  timeout: [504, 'The student list takes too long'],
  refused: [502, 'The student list is locked for this website', 'Please tell those who run it.'],
  'no-list': [503, 'There is no student list right now'],
  nonsense: [502, 'The student list cannot be read right now'],
};

/**
 * Finds the words for an error. Of one that was not expected, a visitor learns only that it
 * happened.
 */
export function describeError(error: unknown): ErrorPage {
  if (error instanceof ApiError) {
    const [status, title, advice = LATER] = API_ERRORS[error.kind];
    return { status, title, advice };
  }
  const { status, message } = isHttpError(error) ? error : createError(500);
  const [title, advice = message] = REFUSALS[status] ?? [];
  if (title) return { status, title, advice };
  return {
    status: 500,
    title: 'Something went wrong',
    advice: `The fault is on our side. ${LATER}`,
  };
}
