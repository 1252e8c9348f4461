import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { decodeUtf8, readStudentFile, StudentFileError } from './file';
import { studentListToJson } from './json';
import { parseStudentList, StudentListError, sortByName } from './list';

/** A complete valid list, ready to be sent. */
export interface SerialisedList {
  readonly students: number;
  readonly json: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** Depends on the content alone, so that replicas agree. */
  readonly digest: string;
}

/** What came of reading the file. */
export interface Loaded {
  readonly list?: SerialisedList;
  /** What is wrong with the file, in words. */
  readonly problem?: string;
  /** Of the file that was read: reading it once more would lead to the same. */
  readonly version?: string;
}

const compress = promisify(gzip);

/** Loads the list in this thread, in which nothing else runs meanwhile. */
export async function loadList(file: string): Promise<Loaded> {
  let version: string | undefined;
  try {
    const read = await readStudentFile(file);
    version = read.version;
    const text = decodeUtf8(read.bytes);
    read.bytes = Buffer.alloc(0); // the memory of a long list is needed for what follows
    const list = await serialise(text);
    if (!read.isUnlinked) return { list, version };
    const problem = `${file} was replaced on the host, but this container still sees the old file; mount its folder instead of the file`;
    return { list, version, problem };
  } catch (error) {
    if (error instanceof StudentFileError) return { problem: error.message };
    if (!(error instanceof StudentListError) || version === undefined) throw error;
    return { version, problem: `${file}, ${error.message}` };
  }
}

async function serialise(text: string): Promise<SerialisedList> {
  const { students, json } = orderAsJson(text);
  return {
    students,
    json: own(json),
    gzip: own(await compress(json)),
    digest: createHash('sha256').update(json).digest('base64url').slice(0, 27),
  };
}

/** By itself, so that nothing but the JSON is kept while it is compressed. */
function orderAsJson(text: string) {
  const list = sortByName(parseStudentList(text));
  return { students: list.length, json: studentListToJson(list) };
}

/** Makes bytes that can be handed to another thread: short buffers share their memory with others. */
function own(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return new Uint8Array(isOwn ? buffer : bytes);
}
