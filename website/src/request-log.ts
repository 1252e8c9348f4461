import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';

/**
 * What of a request may stand in the log: its target without the query, which can hold secrets.
 */
export function describeRequest(req: Request): {
  method: string;
  path: string;
  client: string | undefined;
} {
  return {
    method: req.method,
    path: req.path,
    client: req.socket.remoteAddress,
  };
}

/** Creates the middleware that logs every answer, at `debug`. */
export function logRequests(logger: Logger): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    res.once('close', () => {
      const ms = Math.round(performance.now() - start);
      logger.debug({ ...describeRequest(req), status: res.statusCode, ms }, 'answered');
    });
    next();
  };
}
