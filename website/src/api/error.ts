import type { ApiResponse } from './request';

/** What kept the website from getting something of the list, and the status that says so. */
const STATUS = {
  unreachable: 503, // no connection to the API, or one that ended before a response began
  timeout: 504, // no complete response in time
  refused: 502, // the API does not accept the website's credentials
  'no-list': 503, // the API says that it has none to serve
  nonsense: 502, // any other response
};

export type ApiErrorKind = keyof typeof STATUS;

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  /** @param message the cause, for the log; neither credentials nor anything that the API sent */
  constructor(
    readonly kind: ApiErrorKind,
    message: string,
  ) {
    super(message);
    this.status = STATUS[kind];
  }
}

/** What a status says of the API that nobody expects there. */
export function unexpectedStatus({ status, id }: Pick<ApiResponse, 'status' | 'id'>): ApiError {
  if (status === 503) {
    return new ApiError(
      'no-list',
      `the API has no list to serve; its own log says why (request ${id})`,
    );
  }
  const cause = `the API responded with ${status} (request ${id})`;
  if (![401, 403, 429].includes(status)) return new ApiError('nonsense', cause);
  return new ApiError('refused', `${cause}; are API_USERNAME and API_PASSWORD what it expects?`);
}
