import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Request, Response } from 'express';
import createError from 'http-errors';
import { matches } from '../service/entity-tag';
import { codingFor } from '../service/representation';
import { requestId } from '../service/request-id';
import type { Version } from '../students/query';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT } from './caching';
import { CODINGS, listToJson } from './list-json';

/** At a time: each holds a connection to the database. */
const MAX_STREAMS = 3;
const BUSY = createError(503, 'Too many long lists at a time', {
  expose: true,
  headers: { 'Retry-After': '1' },
});

/** Sends a list that is not kept, as fast as the client takes it. @throws HttpError (what it returns) 503 */
export function streamList(store: StudentStore) {
  let underWay = 0;

  /** @param version the list's, or what it was a moment ago */
  return async (req: Request, res: Response, version: Version): Promise<void> => {
    const coding = codingFor(req);
    const { content, suffix } = CODINGS[coding];
    const ETag = `"${version}${suffix}"`;
    const id = { 'X-Request-Id': requestId(req) };
    const caching = { Vary: 'Accept-Encoding', ...CACHED_BY_CLIENT, ...id };
    if (matches(req.headers['if-none-match'], ETag)) {
      return void res.writeHead(304, { ETag, ...caching }).end();
    }
    const headers = { ...content, ETag, ...caching };
    if (req.method === 'HEAD') return void res.writeHead(200, headers).end();
    if (underWay === MAX_STREAMS) throw BUSY;
    underWay++;
    try {
      const listing = await store.list();
      res.writeHead(200, { ...headers, ETag: `"${listing.version}${suffix}"` });
      const parts = listToJson(listing);
      await (coding === 'gzip' ? pipeline(parts, createGzip(), res) : pipeline(parts, res));
    } catch (error) {
      if (!res.destroyed || res.errored) throw error; // else its client has left
    } finally {
      underWay--;
    }
  };
}
