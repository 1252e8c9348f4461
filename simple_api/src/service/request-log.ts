import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { clientAddress, clientNetwork } from './client';
import { requestId } from './request-id';

/** Of what a stranger chooses, in characters. */
const MAX_LENGTH = 200;

/** Lines a minute for failures of one kind, which are those of one network with one status. */
const MAX_LINES = 10;

/** From then on, all networks are one. */
const MAX_KINDS = 1_000;

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

/**
 * A warning when the client is to blame, an error otherwise. A stranger can cause them at will: after the
 * first ones of a kind, the log learns at the end of the minute how many more there were.
 *
 * @param cause what the client is not told
 */
export function logFailure(
  logger: Logger,
  req: Request,
  status: number,
  message: string,
  cause?: { err: unknown } | { cause: string },
): void {
  const given = req.headers.authorization ? 'refused' : 'none';
  const kind = { status, credentials: status === 401 ? given : undefined };
  const counts = countsOf.get(logger) ?? new Map<string, number>();
  countsOf.set(logger, counts);
  const network = counts.size < MAX_KINDS ? clientNetwork(req.socket) : 'others';
  const key = JSON.stringify({ network, ...kind });
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  if (count === 1) setTimeout(endMinute, 60_000).unref();
  if (count > MAX_LINES) return;
  logger[status < 500 ? 'warn' : 'error']({ ...describe(req), ...kind, ...cause }, message);

  function endMinute() {
    const more = (counts.get(key) ?? 0) - MAX_LINES;
    if (more > 0) logger.warn({ network, ...kind, more }, 'more failures of this kind');
    counts.delete(key);
  }
}

/** By kind, each in the minute that its first one began. */
const countsOf = new WeakMap<Logger, Map<string, number>>();

/** Whom a path is about. */
const NAME = /(?<=\/(?:students|get_student_ages)\/).+/i;

/** The path comes without the query, which can hold secrets, and without the name of a student. */
function describe(req: Request) {
  const path = req.path.slice(0, MAX_LENGTH).replace(NAME, '…');
  return { method: req.method, path, ...clientOf(req) };
}

/** Which request it is, where it comes from, and, if it says so, for whom it is sent on: anybody can say that. */
export function clientOf(req: IncomingMessage) {
  const { 'x-forwarded-for': forwarded } = req.headers;
  return {
    id: requestId(req),
    client: clientAddress(req.socket),
    forwardedFor: forwarded && `${forwarded}`.slice(-MAX_LENGTH).replace(/[^ -~]/g, '?'),
  };
}
