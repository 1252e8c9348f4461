/** What is this long is written by itself, in bytes. */
export const CHUNK_BYTES = 64 * 1024;

/**
 * Joins the short parts of a file, because each of them would be a write: a patch of tens of thousands of
 * students would take seconds. The long ones are not copied.
 */
export function* inChunks(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let short: Uint8Array[] = [];
  let length = 0;
  for (const part of parts) {
    if (length + part.length >= CHUNK_BYTES) {
      yield Buffer.concat(short);
      short = [];
      length = 0;
    }
    if (part.length >= CHUNK_BYTES) {
      yield part;
      continue;
    }
    short.push(part);
    length += part.length;
  }
  yield Buffer.concat(short);
}
