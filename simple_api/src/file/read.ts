import { isUtf8 } from 'node:buffer';
import { type BigIntStats, constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JsonError } from '../students/json';
import { MAX_FILE_BYTES, TOO_LONG } from './layout';
import { describeOwner, mountPoints } from './read-only';

/** Why the file cannot be read, in words that say what to do. It may be readable the next time. */
export class StudentFileError extends Error {
  override readonly name = 'StudentFileError';
}

/**
 * Tells whether a file has changed, without reading it: two equal results mean the same file with
 * the same content, owner and mode.
 *
 * @throws StudentFileError when there is no such file
 */
export async function fingerprint(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch((error) => explain(path, error));
  return fingerprintOf(path, stats);
}

/**
 * Reads the file.
 *
 * @returns its bytes, its fingerprint, and whether it was unlinked: a bind mount of a single file goes on
 *   showing the old file after an editor on the host has put a new one in its place
 * @throws StudentFileError when it cannot be read, is not a regular file, is too large, or changed
 *   meanwhile
 */
export async function readStudentFile(path: string) {
  // Not blocking: opening a named pipe would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((error) => explain(path, error));
  try {
    const before = fingerprintOf(path, await handle.stat({ bigint: true }));
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    if (fingerprintOf(path, after) !== before || BigInt(bytes.length) !== after.size) {
      throw new StudentFileError(`${path} changed while it was being read`);
    }
    return { bytes, fingerprint: before, isUnlinked: after.nlink === 0n };
  } finally {
    await handle.close();
  }
}

/**
 * Decodes the file's bytes, without the byte order mark that some editors put first (RFC 8259, 8.1,
 * lets a reader ignore it).
 *
 * @throws JsonError at the first byte that is not UTF-8
 */
export function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString();
  if (!isUtf8(bytes)) {
    // Decoded and encoded again, the bytes are the same up to the first invalid one.
    const again = Buffer.from(text);
    let valid = 0;
    while (bytes[valid] === again[valid]) valid++;
    const before = bytes.toString('utf8', 0, valid).replace(/\uFFFD$/, '');
    throw new JsonError('a byte is not UTF-8; save the file as UTF-8', before);
  }
  return text.replace(/^\uFEFF/, '');
}

/**
 * Tells a file's content, owner and mode from all others that it has had.
 *
 * @throws StudentFileError when it is no file that could be read
 */
export function fingerprintOf(path: string, stats: BigIntStats): string {
  if (stats.isDirectory()) {
    throw new StudentFileError(
      `${path} is a folder; Docker makes one where a mounted path does not exist on the host: remove it there, put the list in its place, and start the container anew`,
    );
  }
  if (!stats.isFile()) throw new StudentFileError(`${path} is not a regular file`);
  if (stats.size > MAX_FILE_BYTES) {
    throw new StudentFileError(`${path} is too long: ${TOO_LONG}`);
  }
  // Whatever is done to a file, its owner or its mode changes its ctime.
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** Turns an error of the file system into one that tells a person what to do. */
async function explain(path: string, error: NodeJS.ErrnoException): Promise<never> {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    // Into a folder that is mounted read-only, `docker cp` can put nothing. (`access` would not tell: it
    // finds first that this user may not write there.)
    const how = (await mountPoints()).includes(` ${dirname(path)} ro,`)
      ? 'on the host, in the folder that is mounted here'
      : `(docker cp student_age.json CONTAINER:${path}, or a volume)`;
    throw new StudentFileError(
      `${path} is missing; put the list there ${how}, it is read as soon as it appears`,
    );
  }
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    const user = process.geteuid?.();
    throw new StudentFileError(
      `${path} may not be read by user ${user}; ${await describeOwner(path)}`,
    );
  }
  throw new StudentFileError(`${path} cannot be read: ${error.code}`);
}
