import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type StudentList, sortByName } from './student-list';
import { studentListToJson } from './student-list-json';

/** One coding of the answer (RFC 9110, 8.4), as it is sent. */
export interface Representation {
  readonly body: Buffer;
  /**
   * The bytes of a short body once more, as the characters of a string: Node.js writes a string
   * together with the headers, in one system call instead of a slower one for both.
   */
  readonly latin1: string | undefined;
  /** A strong entity tag, in its quotes. It depends on the content alone, so that replicas agree. */
  readonly etag: string;
  /** The headers of the answer with the body. */
  readonly headers: Readonly<Record<string, string>>;
  /** The headers of the answer to a client that has the body already. */
  readonly notModifiedHeaders: Readonly<Record<string, string>>;
}

/** A complete valid list, ready to be sent. */
export interface Snapshot {
  readonly students: number;
  readonly identity: Representation;
  readonly gzip: Representation;
}

/** Up to how many bytes a body is sent as a string: longer ones take longer to copy than to write. */
const MAX_STRING_BYTES = 16 * 1024;

const compress = promisify(gzip);

/** Prepares a list for being served: ordered, serialised and compressed, once. */
export async function createSnapshot(list: StudentList): Promise<Snapshot> {
  const body = studentListToJson(sortByName(list));
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 27);
  return {
    students: list.length,
    identity: represent(body, `"${hash}"`, {}),
    gzip: represent(await compress(body), `"${hash}-gzip"`, { 'Content-Encoding': 'gzip' }),
  };
}

function represent(body: Buffer, etag: string, coding: Record<string, string>): Representation {
  const notModifiedHeaders = {
    ETag: etag,
    Vary: 'Accept-Encoding',
    'Cache-Control': 'private, no-cache',
  };
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
    'X-Content-Type-Options': 'nosniff',
    ...coding,
    ...notModifiedHeaders,
  };
  const latin1 = body.length > MAX_STRING_BYTES ? undefined : body.toString('latin1');
  return { body, latin1, etag, headers, notModifiedHeaders };
}
