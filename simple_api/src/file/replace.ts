import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fingerprintOf } from './read';
import { followLinks } from './read-only';

/**
 * Replaces a file as a whole, durably: when this resolves, the new content is on the disk under the file's
 * name, whatever happens to the machine. Mode, owner and group are kept.
 *
 * @param path not a link
 * @param before the fingerprint of the file that the new content was made from
 * @returns the new one; undefined where `before` is not that of the file, which is left alone. A change
 *   between this look and the rename is lost
 * @throws Error with the code of the file system
 */
export async function replaceFile(path: string, before: string, content: Uint8Array) {
  const temporary = join(dirname(path), `${prefix(path)}${randomUUID()}`);
  const old = await stat(path);
  // Exclusively: a link that somebody has put there is not followed.
  const handle = await open(temporary, 'wx', old.mode & 0o777);
  let isLeft = true;
  try {
    await handle.writeFile(content);
    const written = await handle.stat({ bigint: true });
    const [uid, gid, mode] = [written.uid, written.gid, written.mode].map(Number);
    if (uid !== old.uid || gid !== old.gid) await handle.chown(old.uid, old.gid);
    if (mode !== old.mode) await handle.chmod(old.mode & 0o7777);
    await handle.sync();
    // Opened before the rename, which could not be taken back.
    const folder = await open(dirname(path));
    try {
      if (fingerprintOf(path, await stat(path, { bigint: true })) !== before) return undefined;
      await rename(temporary, path);
      isLeft = false;
      // Only now is the new name on the disk as well: rename(2) and fsync(2).
      await folder.sync().catch((cause) => {
        throw new Error(`${path} is a new file, but perhaps not yet on the disk`, { cause });
      });
      // The rename has changed the ctime. What somebody has written since then is not to look known.
      const { ctimeNs } = await handle.stat({ bigint: true });
      return fingerprintOf(path, Object.assign(written, { ctimeNs }));
    } finally {
      await folder.close();
    }
  } finally {
    await handle.close();
    if (isLeft) await rm(temporary, { force: true });
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
