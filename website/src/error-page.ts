import type { OutgoingHttpHeaders } from 'node:http';
import { ApiError, type ApiErrorKind } from './api-error';
import { HttpError } from './http-error';

/** What a visitor is told about a request that failed. */
export interface ErrorPage {
  /** The HTTP status code. */
  readonly status: number;
  /** What happened, in plain words. */
  readonly title: string;
  /** What the visitor can do. */
  readonly advice: string;
  /** Whether the same may work a little later. */
  readonly mayPass: boolean;
}

const UNEXPECTED: ErrorPage = {
  status: 500,
  title: 'Something went wrong',
  advice: 'The fault is on our side, not yours. Please try again in a moment.',
  mayPass: true,
};

const REFUSALS: readonly ErrorPage[] = [
  {
    status: 400,
    title: 'This address is not valid',
    advice: 'Please check it for typing mistakes, or start from the first page.',
    mayPass: false,
  },
  {
    status: 404,
    title: 'There is no such page',
    advice: 'The address may have been mistyped, or the page may have moved.',
    mayPass: false,
  },
  {
    status: 405,
    title: 'This page cannot do that',
    advice: 'It can be looked at, but not be used in the way that was asked for.',
    mayPass: false,
  },
  {
    status: 413,
    title: 'That was too much at once',
    advice: 'More was sent than this page takes. It needs nothing to be sent at all.',
    mayPass: false,
  },
];

const API_ERRORS: Record<ApiErrorKind, ErrorPage> = {
  unreachable: {
    status: 503,
    title: 'The student list cannot be reached right now',
    advice: 'The service that keeps the list does not answer. Please try again in a moment.',
    mayPass: true,
  },
  timeout: {
    status: 504,
    title: 'The student list takes too long',
    advice: 'The service that keeps the list did not answer in time. Please try again in a moment.',
    mayPass: true,
  },
  'refused-credentials': {
    status: 502,
    title: 'The student list is locked for this website',
    advice:
      'The service that keeps the list does not accept this website’s sign-in. The people who run the website have to correct that.',
    mayPass: true,
  },
  'no-list': {
    status: 503,
    title: 'There is no student list right now',
    advice:
      'The service that keeps the list is running, but has no list to give. Please try again in a moment.',
    mayPass: true,
  },
  nonsense: {
    status: 502,
    title: 'The student list cannot be read right now',
    advice:
      'The service that keeps the list gave an answer that makes no sense. Please try again in a moment.',
    mayPass: true,
  },
};

/**
 * Finds the words for an error. Of one that was not expected, a visitor learns only that it
 * happened.
 */
export function describeError(error: unknown): ErrorPage {
  if (error instanceof ApiError) return API_ERRORS[error.kind];
  if (error instanceof HttpError) {
    return REFUSALS.find(({ status }) => status === error.status) ?? UNEXPECTED;
  }
  return UNEXPECTED;
}

/** Finds the headers that an error's answer needs. */
export function errorHeaders(error: unknown): OutgoingHttpHeaders {
  if (error instanceof HttpError) return error.headers;
  return describeError(error).status === 503 ? { 'Retry-After': '2' } : {};
}
