import { isUtf8 } from 'node:buffer';
import { type BigIntStats, constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JsonError } from '../students/json';
import { MAX_FILE_BYTES, TOO_LONG } from './layout';
import { mountPoints } from './mount';

/** Why the file cannot be read, and what to do. It may be readable the next time. */
export class StudentFileError extends Error {
  override readonly name = 'StudentFileError';
}

/** @throws StudentFileError when there is no file that could be read */
export async function look(path: string): Promise<BigIntStats> {
  return check(path, await stat(path, { bigint: true }).catch((error) => explain(path, error)));
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
    const stats = check(path, await handle.stat({ bigint: true }));
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    if (!isSame(stats, after) || BigInt(bytes.length) !== after.size) {
      throw new StudentFileError(`${path} changed while it was being read`);
    }
    return { bytes, stats, isUnlinked: after.nlink === 0n };
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
 * Whether a file has the same content, owner and mode still: whatever is done to them changes its ctime.
 */
export function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return (['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const).every((of) => a[of] === b[of]);
}

/** In words. */
export function describeOwner(path: string): Promise<string> {
  return stat(path).then(
    ({ uid, gid, mode }) =>
      `it belongs to user ${uid}, group ${gid}, with mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
    () => 'its folder does not let this user look at it',
  );
}

function check(path: string, stats: BigIntStats): BigIntStats {
  if (stats.isDirectory()) {
    throw new StudentFileError(
      `${path} is a folder; Docker makes one where a mounted path does not exist on the host: remove it there, put the list in its place, and start the container anew`,
    );
  }
  if (!stats.isFile()) throw new StudentFileError(`${path} is not a regular file`);
  if (stats.size > MAX_FILE_BYTES) throw new StudentFileError(`${path} is too long: ${TOO_LONG}`);
  return stats;
}

async function explain(path: string, { code }: NodeJS.ErrnoException): Promise<never> {
  throw new StudentFileError(`${path} ${await whyUnreadable(path, code)}`);
}

async function whyUnreadable(path: string, code: string | undefined): Promise<string> {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    // Into a folder that is mounted read-only, `docker cp` can put nothing; `access` would not tell.
    const how = mountPoints().includes(` ${dirname(path)} ro,`)
      ? 'on the host, in the folder that is mounted here'
      : `(docker cp student_age.json CONTAINER:${path}, or a volume)`;
    return `is missing; put the list there ${how}, it is read as soon as it appears`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `may not be read by user ${process.geteuid?.()}; ${await describeOwner(path)}`;
  }
  return `cannot be read: ${code}`;
}
