import type { RequestHandler } from 'express';
import { HttpError } from './http-error';

/** The most bytes that a request's body may be announced to have: 16 KiB. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Refuses large bodies. Nothing here takes a body at all, so a small one is ignored, and the
 * connection is closed behind any whose length is not announced instead of waiting for its end.
 *
 * @throws HttpError 413
 */
export const limitBody: RequestHandler = (req, res, next) => {
  if (req.headers['transfer-encoding'] !== undefined) res.setHeader('Connection', 'close');
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    throw new HttpError(413, 'Request body too large', { Connection: 'close' });
  }
  next();
};
