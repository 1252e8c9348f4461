import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import { codingFor, represent, sendRepresentation } from '../service/representation';
import { shareNext } from '../service/share-next';
import type { Version } from '../students/query';
import type { Listing, StudentStore } from '../students/store';
import { CACHED_BY_CLIENT } from './caching';
import { CODINGS, listToJson } from './list-json';
import { streamList } from './long-list';

/** No list of a file is longer: it has 4 MiB, and each of its 30,000 students six bytes more here. */
const MAX_KEPT_BYTES = 4.2 * 1024 * 1024;

/** What is kept of a state of the list. */
interface Kept {
  readonly version: Version;
  /** Undefined where the list is too long. */
  readonly made: ReturnType<typeof representations> | undefined;
}

const compress = promisify(gzip);

/** The handler of the whole list, byte for byte as the old version sent it. */
export function studentAges(store: StudentStore): RequestHandler {
  let kept: Kept | undefined;
  const stream = streamList(store);

  const keep = shareNext(async () => {
    const version = await store.version();
    if (kept?.version === version) return kept; // somebody has asked before
    const listing = await store.list();
    const json = await readJson(listing);
    kept = { version: listing.version, made: json && representations(json, listing.version) };
    return kept;
  });

  return async (req, res) => {
    const now = await store.version();
    const { version, made } = kept?.version === now ? kept : await keep();
    if (!made) return stream(req, res, version);
    sendRepresentation(req, res, codingFor(req) === 'gzip' ? await made.gzip() : made.identity);
  };
}

/** @returns undefined where there is more than is kept */
async function readJson(listing: Listing): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of listToJson(listing)) {
    length += part.length;
    if (length > MAX_KEPT_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The compressed one is made when it is first asked for. */
function representations(json: Buffer, version: Version) {
  const represented = (bytes: Buffer, { content, suffix }: { content: object; suffix: string }) =>
    represent(bytes, `"${version}${suffix}"`, content, CACHED_BY_CLIENT);
  let compressed: Promise<ReturnType<typeof represent>> | undefined;
  return {
    identity: represented(json, CODINGS.identity),
    gzip() {
      compressed ??= compress(json).then((bytes) => represented(bytes, CODINGS.gzip));
      return compressed;
    },
  };
}
