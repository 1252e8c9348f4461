import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/** What the header may have, so that it can stand in logs and in other requests. */
const ID = /^[A-Za-z0-9-]{1,64}$/;

const made = new WeakMap<IncomingMessage, string>();

/** The id that a request comes with, or else one that it gets. */
export function requestId(req: IncomingMessage): string {
  const { 'x-request-id': given } = req.headers;
  if (typeof given === 'string' && ID.test(given)) return given;
  let id = made.get(req);
  if (id === undefined) {
    id = randomUUID();
    made.set(req, id);
  }
  return id;
}

/** Lets the response have it. */
export const identify: RequestHandler = (req, res, next) => {
  res.setHeader('X-Request-Id', requestId(req));
  next();
};
