import type { RequestHandler } from 'express';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT, matches } from './caching';
import { findAge } from './student';

/**
 * Creates the handler of one student's age: sends it as text of the type that the old version sent
 * it as, or tells the client that it has that one already. The age is its own entity tag.
 *
 * @throws HttpError (the handler) 404 for a name that is not on the list
 */
export function studentAge(store: StudentStore): RequestHandler<{ name: string }> {
  return async (req, res) => {
    const body = String(await findAge(store, req.params.name));
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
