import { isUtf8 } from 'node:buffer';
import { type BigIntStats, constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JsonError } from '../students/json';
import { MAX_FILE_BYTES, TOO_LONG } from './layout';
import { describeOwner, mountPoints } from './read-only';

/** Why the file cannot be read, and what to do. It may be readable the next time. */
export class StudentFileError extends Error {
  override readonly name = 'StudentFileError';
}

/** @throws StudentFileError when there is no such file */
export async function fingerprint(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch((error) => explain(path, error));
  return fingerprintOf(path, stats);
}

/**
 * @returns whether it is unlinked, besides: a bind mount of a single file goes on showing the old one after
 *   an editor on the host has put a new one in its place
 * @throws StudentFileError when it cannot be read, is not a regular file, is too large, or changed meanwhile
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

/** Without a byte order mark (RFC 8259, 8.1). @throws JsonError at the first byte that is not UTF-8 */
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
 * Tells a file's content, owner and mode from all others that it has had, without reading it.
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
  if (stats.size > MAX_FILE_BYTES) throw new StudentFileError(`${path} is too long: ${TOO_LONG}`);
  // Whatever is done to a file, its owner or its mode changes its ctime.
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

async function explain(path: string, { code }: NodeJS.ErrnoException): Promise<never> {
  throw new StudentFileError(`${path} ${await whyUnreadable(path, code)}`);
}

async function whyUnreadable(path: string, code: string | undefined): Promise<string> {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    // Into a folder that is mounted read-only, `docker cp` can put nothing; `access` would not tell.
    const how = (await mountPoints()).includes(` ${dirname(path)} ro,`)
      ? 'on the host, in the folder that is mounted here'
      : `(docker cp student_age.json CONTAINER:${path}, or a volume)`;
    return `is missing; put the list there ${how}, it is read as soon as it appears`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `may not be read by user ${process.geteuid?.()}; ${await describeOwner(path)}`;
  }
  return `cannot be read: ${code}`;
}
