import { isHttpError } from 'http-errors';
import { ApiError, type ApiErrorKind } from '../api/error';

/** What a visitor is told about a request that failed: what happened, and what to do about it. */
export interface ErrorPage {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

type Words = readonly [title: string, advice?: string];

const LATER = 'Please try again in a moment.';

/** By status code. */
const REFUSALS: Readonly<Record<number, Words>> = {
  400: ['This address is not valid', 'Please check it, or start from the first page.'],
  404: ['There is no such page', 'It may have moved, or the address may have been mistyped.'],
  405: ['This page cannot do that', 'It can only be looked at.'],
  413: ['That was too much at once', 'This page needs nothing to be sent at all.'],
  415: ['That cannot be read', 'This page needs nothing to be sent at all.'],
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
  const status = isHttpError(error) ? error.status : 500;
  const [title, advice] = REFUSALS[status] ?? [];
  if (title && advice) return { status, title, advice };
  return {
    status: 500,
    title: 'Something went wrong',
    advice: `The fault is on our side. ${LATER}`,
  };
}
