import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import createError from 'http-errors';
import type { Logger } from 'pino';
import { logRequests } from './request-log';

/** Of nearly all requests. */
const MAX_BODY_BYTES = 4 * 1024;

/** An app in which paths are matched exactly. Routes follow `readBody`. */
export function createExpress(logger: Logger): Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  if (logger.isLevelEnabled('debug')) app.use(logRequests(logger));
  return app;
}

/**
 * Reads a body to its end before any route responds, so that nothing behind it is taken for a part of it.
 *
 * @param limit in bytes
 * @throws HttpError (the middleware) 400, or 413, at once where a body is announced to be too large
 */
export function readBody(limit = MAX_BODY_BYTES): (RequestHandler | ErrorRequestHandler)[] {
  const readRaw = express.raw({ type: () => true, limit, inflate: false });
  const readRequest: RequestHandler = (req, res, next) => {
    const { host, 'content-length': length } = req.headers;
    // RFC 9112, 3.2: no Host header, or two, which Node.js has joined.
    const isMissing = host === undefined && req.httpVersion === '1.1';
    if (isMissing || host?.includes(',')) throw createError(400, 'Bad request');
    // Nearly all requests have none, and pay for no more than this.
    if (!hasBody(req)) return next();
    if (Number(length) > limit) throw createError(413, 'Request body too large');
    readRaw(req, res, next);
  };
  return [readRequest, closeBehind];
}

/** RFC 9112, 6.3. */
function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return length !== '0' || coding !== undefined;
}

/**
 * Lets so many requests be under way: until their responses are taken, which are in memory until then.
 *
 * @throws HttpError (the middleware) 503 with the message for one more
 */
export function atMost(count: number, message = 'Too many at a time'): RequestHandler {
  const underWay = new Set<ServerResponse>();
  return (_req, res, next) => {
    // No event tells of all: a client may have left before, or wait behind others.
    for (const other of underWay) {
      if (other.writableFinished || other.req.socket.destroyed) underWay.delete(other);
    }
    if (underWay.size === count) throw createError(503, message, TRY_AGAIN);
    underWay.add(res);
    next();
  };
}

const TRY_AGAIN = { expose: true, headers: { 'Retry-After': '1' } };

/** What is left of a body that was refused must not be taken for the next request. */
const closeBehind: ErrorRequestHandler = (error, req, res, next) => {
  if (hasBody(req) && !req.complete) res.setHeader('Connection', 'close');
  next(error);
};

/** Handles what a path's routes before it do not take. @param methods as `Allow` lists them */
export function allowOnly(methods: string, others: object = {}): RequestHandler {
  const headers = { Allow: methods, ...others };
  return (req, res) => {
    if (req.method !== 'OPTIONS') throw createError(405, 'Method not allowed', { headers });
    res.writeHead(200, { ...headers, 'Content-Length': 0 }).end();
  };
}

/** @throws HttpError 404, or 400 when a `%` does not start an encoded character (RFC 3986, 2.1) */
export const notFound: RequestHandler = (req) => {
  try {
    decodeURIComponent(req.path);
  } catch {
    throw createError(400, 'Bad request');
  }
  throw createError(404, 'Not found');
};
