import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import { codingFor } from '#service/representation';
import { requestId } from '#service/request-id';
import type { ApiClient } from '../api/client';
import type { ListPage } from '../api/responses';
import { queryOf } from '../students/address';
import { csvHead, separatorFor, toCsv } from '../students/csv';
import { OF_PEOPLE } from './headers';
import type { InTurn } from './in-turn';
import { signalOf } from './visitor-signal';

/** How many students the API is asked for at a time: the most that it gives. */
const PART_SIZE = 1_000;

/** How many files may be under way: each has a part in memory, of 1 MB if all names are the longest. */
export const MAX_FILES = 20;

/**
 * Creates the handler of the file with all students that a query asks for. It is made part by part, as
 * fast as the client takes it. When the list changes in the middle of it, or a part cannot be had, the
 * connection is cut, so that the client does not take a half for the whole.
 */
export function csv(api: ApiClient, inTurn: InTurn): RequestHandler {
  return async (req, res) => {
    const [signal, id] = [signalOf(res), requestId(req)];
    const query = { ...queryOf(req), size: PART_SIZE };
    const separator = separatorFor(req.acceptsLanguages());
    const getPart = (page: number, version?: string) =>
      inTurn(query, signal, () => api.page({ ...query, page }, { signal, id, version }));

    async function* parts(first: ListPage) {
      yield csvHead(separator) + toCsv(first.students, separator);
      for (let page = 2; page <= first.pages; page++) {
        yield toCsv((await getPart(page, first.etag)).students, separator);
      }
    }

    const first = await getPart(1);
    const isCompressed = codingFor(req) === 'gzip';
    const today = new Date().toISOString().slice(0, 10);
    res.attachment(`students-${today}.csv`);
    res.writeHead(200, {
      Vary: 'Accept-Encoding, Accept-Language',
      ...(isCompressed && { 'Content-Encoding': 'gzip' }),
      ...OF_PEOPLE,
    });
    if (req.method === 'HEAD') return void res.end();
    const coder = isCompressed ? createGzip() : new PassThrough();
    await pipeline(parts(first), coder, res).catch((error) => {
      if (res.errored) throw error; // else the client has gone
    });
  };
}
