import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { followLinks } from './mount';
import { isSame } from './read';

/** Of a folder's flush, where a file system has nothing to flush there; Windows says EPERM. */
const NOTHING_TO_FLUSH = new Set(['EINVAL', 'ENOTSUP', 'EPERM']);

/**
 * Replaces a file as a whole, durably: when this resolves, the new content is on the disk under the file's
 * name, whatever happens to the machine. Mode, owner and group are kept.
 *
 * @param path not a link
 * @param before of the file that the new content was made from
 * @returns of the new file; undefined where one of them is gone, or the old one has changed since `before`
 *   and is left alone. A change between this look and the rename is lost
 * @throws Error with the code of the file system
 */
export async function replaceFile(path: string, before: BigIntStats, content: Uint8Array) {
  const replaced = withNewFile(path, before, async (handle, temporary) => {
    await handle.writeFile(content);
    const [written] = await Promise.all([handle.stat({ bigint: true }), handle.sync()]);
    // Opened before the rename, which could not be taken back.
    const folder = await open(dirname(path));
    try {
      if (!isSame(before, await stat(path, { bigint: true }))) return undefined;
      await rename(temporary, path);
      // Only now is the new name on the disk as well: rename(2) and fsync(2).
      const flushed = folder.sync().catch((cause) => {
        if (NOTHING_TO_FLUSH.has(cause.code)) return;
        throw new Error(`${path} is a new file, but perhaps not yet on the disk`, { cause });
      });
      const [{ ctimeNs }] = await Promise.all([handle.stat({ bigint: true }), flushed]);
      // The rename has changed the ctime. What somebody has written since then is not to look known.
      return Object.assign(written, { ctimeNs });
    } finally {
      await folder.close();
    }
  });
  return replaced.catch((error) => {
    // The old one, while somebody saves it, or the new one, by `removeLeftovers` of another API.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Makes an empty file beside one, with its mode, owner and group, for as long as some work needs it.
 *
 * @throws Error with the code of the file system
 */
export async function withNewFile<T>(
  path: string,
  before: BigIntStats,
  work: (handle: FileHandle, temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = join(dirname(path), `${prefix(path)}${randomUUID()}`);
  const [uid, gid, mode] = [Number(before.uid), Number(before.gid), Number(before.mode)];
  // Exclusively: a link that somebody has put there is not followed.
  const handle = await open(temporary, 'wx', mode & 0o777);
  try {
    const made = await handle.stat({ bigint: true });
    if (made.uid !== before.uid || made.gid !== before.gid) await handle.chown(uid, gid);
    if (made.mode !== before.mode) await handle.chmod(mode & 0o7777);
    return await work(handle, temporary);
  } finally {
    const removed = unlink(temporary).catch(() => {}); // unless it has been renamed
    await Promise.all([handle.close(), removed]);
  }
}

/** Removes what a crash has left behind, where it can be removed. */
export async function removeLeftovers(file: string): Promise<void> {
  const path = await followLinks(file);
  const names = await readdir(dirname(path)).catch(() => []);
  const left = names.filter((name) => name.startsWith(prefix(path)));
  for (const name of left) await rm(join(dirname(path), name)).catch(() => {});
}

function prefix(path: string): string {
  return `.${basename(path)}.new-`;
}
