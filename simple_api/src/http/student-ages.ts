import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';
import { codingFor, represent, sendRepresentation } from '../service/representation';
import type { Version } from '../students/query';
import type { StudentStore } from '../students/store';
import { CACHED_BY_CLIENT } from './caching';
import { listToJson } from './list-json';

/** A state of the list in its codings (RFC 9110, 8.4), each made when it is first asked for. */
type Representations = Awaited<ReturnType<typeof makeRepresentations>>;

/** What is made, or being made, of a version. */
interface Kept {
  readonly version: Version;
  readonly making: Promise<Representations>;
  made: Representations | undefined;
}

const TYPE = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };
const GZIP = { ...TYPE, 'Content-Encoding': 'gzip' };

const compress = promisify(gzip);

/** The handler of the whole list, byte for byte as the old version sent it. */
export function studentAges(store: StudentStore): RequestHandler {
  let kept: Kept | undefined;

  function keep(version: Version): Kept {
    if (kept?.version === version) return kept;
    const making: Kept = { version, made: undefined, making: makeRepresentations(store) };
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
    const { identity, gzip } = made ?? (await making);
    sendRepresentation(req, res, codingFor(req) === 'gzip' ? await gzip() : identity);
  };
}

async function makeRepresentations(store: StudentStore) {
  const listing = await store.list();
  const json = Buffer.from(await listToJson(listing));
  const tag = listing.version;
  let compressed: Promise<ReturnType<typeof represent>> | undefined;
  return {
    identity: represent(json, `"${tag}"`, TYPE, CACHED_BY_CLIENT),
    gzip() {
      compressed ??= compress(json).then((bytes) =>
        represent(bytes, `"${tag}-gzip"`, GZIP, CACHED_BY_CLIENT),
      );
      return compressed;
    },
  };
}
