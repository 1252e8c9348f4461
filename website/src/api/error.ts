/**
 * What kept the website from getting the list:
 *
 * - `unreachable`: no connection to the API, or one that ended before a response began
 * - `timeout`: no complete response in time
 * - `refused`: the API does not accept the website's credentials
 * - `no-list`: the API says that it has none to serve
 * - `nonsense`: any other response
 */
export type ApiErrorKind = 'unreachable' | 'timeout' | 'refused' | 'no-list' | 'nonsense';

/** The API did not give the list. */
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
