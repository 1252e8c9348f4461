import type { OutgoingHttpHeaders } from 'node:http';

/** A request that cannot be answered as asked, for a reason that its client is told. */
export class HttpError extends Error {
  /**
   * @param status the HTTP status code, 400 or above
   * @param message what the client is told; nothing that it must not know
   * @param headers to be sent with the answer
   */
  constructor(
    readonly status: number,
    message: string,
    readonly headers: OutgoingHttpHeaders = {},
  ) {
    super(message);
    this.name = 'HttpError';
  }
}
