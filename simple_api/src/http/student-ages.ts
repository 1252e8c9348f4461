import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import type { Version } from '../students/query';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT, matches } from './caching';
import { listToJson } from './list-json';

/** A state of the list in its codings (RFC 9110, 8.4), each made when it is first asked for. */
type Representations = Awaited<ReturnType<typeof represent>>;

/** What is made, or being made, of a version. */
interface Kept {
  readonly version: Version;
  readonly making: Promise<Representations>;
  made: Representations | undefined;
}

const CACHING = { ...CACHED_BY_CLIENT, Vary: 'Accept-Encoding' };

/** Longer bodies take longer to copy than to write. */
const MAX_STRING_BYTES = 16 * 1024;

const compress = promisify(gzip);

/** The handler of the whole list, byte for byte as the old version sent it. */
export function studentAges(store: StudentStore): RequestHandler {
  let kept: Kept | undefined;

  function keep(version: Version): Kept {
    if (kept?.version === version) return kept;
    const making: Kept = { version, made: undefined, making: represent(store) };
    making.making.then(
      (made) => {
        making.made = made;
      },
      () => {
        if (kept === making) kept = undefined; // what failed may succeed the next time
      },
    );
    kept = making;
    return making;
  }

  return async (req, res) => {
    const { made, making } = keep(await store.version());
    const representations = made ?? (await making);
    const wantsGzip =
      req.headers['accept-encoding'] !== undefined &&
      req.acceptsEncodings('gzip', 'identity') === 'gzip';
    const { body, etag, headers } = wantsGzip
      ? await representations.gzip()
      : representations.identity;
    if (matches(req.headers['if-none-match'], etag)) {
      res.writeHead(304, { ETag: etag, ...CACHING }).end();
    } else {
      res.writeHead(200, headers).end(body, 'latin1');
    }
  };
}

async function represent(store: StudentStore) {
  const listing = await store.list();
  const json = Buffer.from(await listToJson(listing));
  const tag = listing.version;
  let compressed: Promise<ReturnType<typeof representation>> | undefined;
  return {
    identity: representation(json, `"${tag}"`),
    gzip() {
      compressed ??= compress(json).then((bytes) =>
        representation(bytes, `"${tag}-gzip"`, { 'Content-Encoding': 'gzip' }),
      );
      return compressed;
    },
  };
}

function representation(bytes: Buffer, etag: string, coding = {}) {
  return {
    // Node.js writes a string together with the headers, in one system call that is quicker than that for both.
    body: bytes.length > MAX_STRING_BYTES ? bytes : bytes.toString('latin1'),
    etag,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': bytes.length,
      'X-Content-Type-Options': 'nosniff',
      ...coding,
      ETag: etag,
      ...CACHING,
    },
  };
}
