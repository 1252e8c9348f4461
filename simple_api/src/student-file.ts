import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { systemErrorCode } from './system-error';

/** The most bytes that the file may have: 64 MiB. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Why the file cannot be read, in words that say what to do. It may be readable the next time. */
export class StudentFileError extends Error {
  override readonly name = 'StudentFileError';
}

/**
 * Tells whether a file has changed, without reading it: two equal answers mean the same file with
 * the same content, owner and mode.
 *
 * @throws StudentFileError when there is no such file or it cannot be looked at
 */
export async function fileVersion(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch((error) => explain(path, error));
  return version(stats);
}

/**
 * Reads the file.
 *
 * @returns its bytes, its version, and whether it was unlinked: a bind mount of a single file goes on
 *   showing the old file after an editor on the host has put a new one in its place
 * @throws StudentFileError when it cannot be read, is not a regular file, is too large, or changed
 *   meanwhile
 */
export async function readStudentFile(
  path: string,
): Promise<{ bytes: Buffer; version: string; unlinked: boolean }> {
  // Not blocking: opening a named pipe would wait for a writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error) =>
    explain(path, error),
  );
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw new StudentFileError(`${path} is not a regular file`);
    if (before.size > MAX_FILE_BYTES) {
      throw new StudentFileError(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
    }
    const bytes = await readBytes(handle, Number(before.size));
    const after = await handle.stat({ bigint: true });
    if (version(before) !== version(after) || BigInt(bytes.length) !== after.size) {
      throw new StudentFileError(`${path} changed while it was being read`);
    }
    return { bytes, version: version(after), unlinked: after.nlink === 0n };
  } finally {
    await handle.close();
  }
}

/** Reads up to `size` bytes, fewer if the file ends before. */
async function readBytes(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function version(stats: BigIntStats): string {
  const { dev, ino, size, mtimeNs, ctimeNs, mode, uid, gid, nlink } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs, mode, uid, gid, nlink].join(':');
}

/** Turns an error of the file system into one that tells a person what to do. */
async function explain(path: string, error: unknown): Promise<never> {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    throw new StudentFileError(
      `${path} is missing; put the list there (docker cp student_age.json CONTAINER:${path}, or a volume), it is read as soon as it appears`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const user = process.geteuid?.();
    const owner = await stat(path).then(
      ({ uid, gid, mode }) =>
        `it belongs to user ${uid}, group ${gid}, with mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
      () => 'its folder does not let this user look at it',
    );
    throw new StudentFileError(`${path} may not be read by user ${user}; ${owner}`);
  }
  throw new StudentFileError(`${path} cannot be read: ${code}`);
}
