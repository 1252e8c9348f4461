import type { RequestHandler } from 'express';
import createError from 'http-errors';
import { findAge } from '../students/find-age';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT, matches } from './caching';
import { listOf } from './student-ages';

/**
 * Creates the handler of one student's age: sends it as text of the type that the old version sent
 * it as, or tells the client that it has that one already. The age is its own entity tag.
 *
 * @throws HttpError (the handler) 404 for a name that is not in the list, 503 while there is no list
 */
export function studentAge(store: StudentStore): RequestHandler<{ name: string }> {
  return (req, res) => {
    const age = findAge(listOf(store).json, req.params.name);
    if (age === undefined) throw createError(404, 'Not found');
    const body = String(age);
    const headers = { ETag: `"${body}"`, ...CACHED_BY_CLIENT };
    if (matches(req.headers['if-none-match'], headers.ETag)) {
      res.writeHead(304, headers).end();
      return;
    }
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': body.length,
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    res.end(body);
  };
}
