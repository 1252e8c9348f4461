import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { clientAddress } from './client';

/** In characters. */
const MAX_PATH = 200;

/** Logs every response, at `debug`. */
export function logRequests(logger: Logger): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    res.once('close', () => {
      const ms = Math.round(performance.now() - start);
      logger.debug({ ...describe(req), status: res.statusCode, ms }, 'request');
    });
    next();
  };
}

/** A warning when the client is to blame, an error otherwise. @param cause what the client is not told */
export function logFailure(
  logger: Logger,
  req: Request,
  status: number,
  message: string,
  cause?: { err: unknown } | { cause: string },
): void {
  logger[status < 500 ? 'warn' : 'error']({ ...describe(req), status, ...cause }, message);
}

/** The path comes without the query, which can hold secrets, and cut: a stranger chooses its length. */
function describe({ method, path, socket }: Request) {
  return { method, path: path.slice(0, MAX_PATH), client: clientAddress(socket) };
}
