/**
 * What kept the website from getting something of the list:
 *
 * - `unreachable`: no connection to the API, or one that ended before a response began
 * - `timeout`: no complete response in time
 * - `refused`: the API does not accept the website's credentials
 * - `no-list`: the API says that it has none to serve
 * - `nonsense`: any other response
 */
export type ApiErrorKind = 'unreachable' | 'timeout' | 'refused' | 'no-list' | 'nonsense';

/** The API did not give what it was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** @param message the cause, for the log; neither credentials nor anything that the API sent */
  constructor(
    readonly kind: ApiErrorKind,
    message: string,
  ) {
    super(message);
  }
}

/** What a status says of the API that nobody expects there. */
export function unexpectedStatus(status: number): ApiError {
  if (status === 503) {
    return new ApiError('no-list', 'the API has no list to serve; its own log says why');
  }
  const cause = `the API responded with ${status}`;
  if (![401, 403, 429].includes(status)) return new ApiError('nonsense', cause);
  return new ApiError('refused', `${cause}; are API_USERNAME and API_PASSWORD what it expects?`);
}
