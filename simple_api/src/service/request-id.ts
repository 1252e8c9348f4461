import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/** What the header may have, so that it can stand in logs and in other requests. */
const ID = /^[A-Za-z0-9-]{1,64}$/;

/** The id that a request or a response has. */
export function idIn({ 'x-request-id': id }: Readonly<Record<string, unknown>>) {
  return typeof id === 'string' && ID.test(id) ? id : undefined;
}

/** The id that a request comes with, or else one that it gets. */
export function requestId({ headers }: IncomingMessage): string {
  const id = idIn(headers) ?? randomUUID();
  headers['x-request-id'] = id;
  return id;
}

/** Lets the response have it. */
export const identify: RequestHandler = (req, res, next) => {
  res.setHeader('X-Request-Id', requestId(req));
  next();
};
