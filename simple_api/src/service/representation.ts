import type { OutgoingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { matches, tagOf } from './entity-tag';
import { requestId } from './request-id';

/** Something in one coding (RFC 9110, 8.4), as it is sent. */
export type Representation = ReturnType<typeof represent>;

export type Both = Awaited<ReturnType<typeof representBoth>>;

const compress = promisify(gzip);

/** Longer bodies take longer to copy than to write. */
const MAX_STRING_BYTES = 16 * 1024;

/**
 * @param content headers of the bytes: their type, and their coding if they have one
 * @param caching headers that say who may keep them
 */
export function represent(bytes: Buffer, etag: string, content: object, caching: object) {
  const known = { ETag: etag, Vary: 'Accept-Encoding', ...caching };
  return {
    // A string is written together with the headers, in one system call; bytes take a slower one for both.
    body: bytes.length > MAX_STRING_BYTES ? bytes : bytes.toString('latin1'),
    etag,
    known,
    headers: { ...content, 'Content-Length': bytes.length, ...known },
  };
}

/** Represents it as it is and compressed. */
export async function representBoth(bytes: Buffer, type: object, caching: object) {
  const compressed = await compress(bytes);
  const inGzip = { ...type, 'Content-Encoding': 'gzip' };
  return {
    identity: represent(bytes, tagOf(bytes), type, caching),
    gzip: represent(compressed, tagOf(compressed), inGzip, caching),
  };
}

/** Chooses what a client likes best of them; of nearly all, who say nothing of it, at once. */
export function codingFor(req: Request): 'gzip' | 'identity' {
  if (req.headers['accept-encoding'] === undefined) return 'identity';
  return req.acceptsEncodings('gzip', 'identity') === 'gzip' ? 'gzip' : 'identity';
}

/** Sends it, or, to a client that has it, that it is still the same. */
export function sendRepresentation(req: Request, res: Response, it: Representation): void {
  const isKnown = req.method !== 'POST' && matches(req.headers['if-none-match'], it.etag);
  const headers: OutgoingHttpHeaders = isKnown ? it.known : it.headers;
  headers['X-Request-Id'] = requestId(req); // until the next one: a copy would cost as much as the rest
  if (isKnown) res.writeHead(304, headers).end();
  else res.writeHead(200, headers).end(it.body, 'latin1');
}
