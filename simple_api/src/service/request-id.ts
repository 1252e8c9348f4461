import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/** What the header may have, so that it can stand in logs and in other requests. */
const ID = /^[A-Za-z0-9-]{1,64}$/;

/** The id that a request comes with, or else one that it gets. */
export function requestId({ headers }: IncomingMessage): string {
  const { 'x-request-id': given } = headers;
  const id = typeof given === 'string' && ID.test(given) ? given : randomUUID();
  headers['x-request-id'] = id;
  return id;
}

/** Lets the response have it. */
export const identify: RequestHandler = (req, res, next) => {
  res.setHeader('X-Request-Id', requestId(req));
  next();
};
