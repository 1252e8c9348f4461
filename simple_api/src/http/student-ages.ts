import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import createError from 'http-errors';
import type { SerialisedList } from '../students/load';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT, matches } from './caching';

/** One coding of the list (RFC 9110, 8.4), ready to be sent. */
interface Representation {
  /**
   * The bytes; those of a short body as the characters of a string, which Node.js writes together with
   * the headers, in one system call instead of a slower one for both.
   */
  readonly body: Uint8Array | string;
  readonly etag: string;
  readonly headers: OutgoingHttpHeaders;
}

const CACHING = { ...CACHED_BY_CLIENT, Vary: 'Accept-Encoding' };

/** Up to how many bytes a body is sent as a string: longer ones take longer to copy than to write. */
const MAX_STRING_BYTES = 16 * 1024;

/**
 * Creates the handler of the list: sends it in the coding that the client asks for, or tells it that
 * it has that one already.
 *
 * @throws HttpError (the handler) 503 while there is no list
 */
export function studentAges(store: StudentStore): RequestHandler {
  /** Weak, because an old list would be kept until somebody asks for the new one. */
  const prepared = new WeakMap<SerialisedList, ReturnType<typeof represent>>();

  return (req, res) => {
    const list = listOf(store);
    let representations = prepared.get(list);
    if (!representations) {
      representations = represent(list);
      prepared.set(list, representations);
    }

    const wantsGzip =
      req.headers['accept-encoding'] !== undefined &&
      req.acceptsEncodings('gzip', 'identity') === 'gzip';
    const { body, etag, headers } = wantsGzip ? representations.gzip : representations.identity;
    if (matches(req.headers['if-none-match'], etag)) {
      res.writeHead(304, { ETag: etag, ...CACHING }).end();
    } else {
      res.writeHead(200, headers).end(body, 'latin1');
    }
  };
}

/**
 * Returns the list that is served.
 *
 * @throws HttpError 503 while there is none: what is wrong with the file, without its content
 */
export function listOf(store: StudentStore): SerialisedList {
  const list = store.list();
  if (list) return list;
  const message = store.problem() ?? 'The list has not been read yet';
  throw createError(503, message, { expose: true, headers: { 'Retry-After': '2' } });
}

function represent({ json, gzip, digest }: SerialisedList) {
  const representation = (bytes: Uint8Array, etag: string, coding = {}): Representation => ({
    body: bytes.length > MAX_STRING_BYTES ? bytes : Buffer.from(bytes).toString('latin1'),
    etag,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': bytes.length,
      'X-Content-Type-Options': 'nosniff',
      ...coding,
      ETag: etag,
      ...CACHING,
    },
  });
  return {
    identity: representation(json, `"${digest}"`),
    gzip: representation(gzip, `"${digest}-gzip"`, { 'Content-Encoding': 'gzip' }),
  };
}
