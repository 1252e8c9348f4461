import type { RequestHandler } from 'express';
import { HttpError } from './http-error';
import type { Representation } from './snapshot';
import type { StudentStore } from './student-store';

/**
 * Creates the handler of the list: sends the prepared snapshot, in the coding that the client asks
 * for, or tells it that it has that one already.
 *
 * @throws HttpError (the handler) 503 while there is no list
 */
export function studentAgesRoute(store: StudentStore): RequestHandler {
  return (req, res) => {
    const snapshot = store.snapshot();
    if (!snapshot) throw listUnavailable(store);

    const wantsGzip =
      req.headers['accept-encoding'] !== undefined &&
      req.acceptsEncodings('gzip', 'identity') === 'gzip';
    const representation = wantsGzip ? snapshot.gzip : snapshot.identity;
    if (matches(req.headers['if-none-match'], representation.etag)) {
      res.writeHead(304, representation.notModifiedHeaders).end();
      return;
    }
    res.writeHead(200, representation.headers);
    if (representation.latin1 !== undefined) res.end(representation.latin1, 'latin1');
    else res.end(representation.body);
  };
}

/** The answer while no list can be served: what is wrong with the file, without its content. */
export function listUnavailable(store: StudentStore): HttpError {
  return new HttpError(503, store.problem() ?? 'The list has not been read yet', {
    'Retry-After': '2',
  });
}

/** Compares an `If-None-Match` header with an entity tag, weakly (RFC 9110, 13.1.2). */
function matches(ifNoneMatch: string | undefined, etag: Representation['etag']): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
