import type { RequestHandler } from 'express';
import { matches } from '../service/entity-tag';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT } from './caching';
import { findAge } from './student';

/** One age, of the old version's media type; its own entity tag. @throws HttpError (the handler) 404 */
export function studentAge(store: StudentStore): RequestHandler<{ name: string }> {
  return async (req, res) => {
    const body = String(await findAge(store, req.params.name));
    const ETag = `"${body}"`;
    const headers = { ETag, ...CACHED_BY_CLIENT };
    if (matches(req.headers['if-none-match'], ETag)) return void res.writeHead(304, headers).end();
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': body.length,
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    res.end(body);
  };
}
