import { unexpectedStatus } from './error';
import type { Replicas } from './replicas';
import type { ApiRequest, ApiResponse, Send } from './request';

/** For the whole response, in all tries, in ms. */
const READ_MS = 2_000;

/**
 * For a try, in ms, before another replica is asked: it may be gone without a word. The last one has
 * what is left of the two seconds.
 */
const TRY_MS = 500;

/**
 * Asks for something that changes nothing: after a failure of any kind again, on a new connection to
 * the next replica.
 *
 * @param isProper tells the statuses that are an answer
 * @param signal of the visitor who waits
 * @throws ApiError without an answer within 2 s; the signal's reason once it is aborted
 */
export type Read = (
  request: ApiRequest,
  isProper: (status: number) => boolean,
  signal?: AbortSignal,
) => Promise<ApiResponse>;

export function createRead(send: Send, replicas: Replicas): Read {
  return async (request, isProper, visitor) => {
    const limit = AbortSignal.timeout(READ_MS);
    const signals = visitor ? [limit, visitor] : [limit];
    for (let tries = 0; ; tries++) {
      const isLast = tries >= replicas.count();
      const replica = replicas.current();
      const signal = AbortSignal.any(isLast ? signals : [...signals, AbortSignal.timeout(TRY_MS)]);
      try {
        const response = await send(request, replica.agent, signal);
        if (isProper(response.status)) return response;
        throw unexpectedStatus(response.status);
      } catch (error) {
        visitor?.throwIfAborted();
        if (isLast || limit.aborted) throw error;
        replicas.leave(replica);
      }
    }
  };
}
