import { constants } from 'node:fs';
import { access, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { followLinks, mountPoints } from './mount';
import { describeOwner } from './read';
import { withNewFile } from './replace';

/**
 * Why no new file can take the list's place, and what to set so that it can; undefined where it can.
 *
 * @param trial knows what has been tried
 */
export async function whyReadOnly(file: string, trial = createTrial()) {
  const mounts = mountPoints();
  const target = await followLinks(file);
  if (mounts.includes(` ${target} r`)) {
    return `${file} is mounted by itself, and no new file can take its place; mount its folder instead`;
  }
  for (const path of [dirname(target), target]) {
    const code = await access(path, constants.R_OK | constants.W_OK).catch(({ code }) => code);
    // `access` may find first that this user may not write there.
    if (code === 'EROFS' || mounts.includes(` ${path} ro,`)) {
      return `${path} is mounted read-only; take read_only: true, or :ro, off the mount`;
    }
    if (code !== undefined && code !== 'ENOENT') return notAllowed(path);
  }
  return trial(target);
}

/** Tries to replace a list: again only when the answer may be another one, as it makes a file. */
export function createTrial(): (list: string) => Promise<string | undefined> {
  let [tried, found]: (string | undefined)[] = [];
  let foundAt: bigint | undefined;
  return async (list) => {
    const stats = [list, dirname(list)].map((path) => stat(path, { bigint: true }));
    const [old, folder] = await Promise.all(stats).catch(() => []);
    if (!old?.isFile() || !folder) return undefined;
    const rights = [old, folder].map(({ dev, uid, gid, mode }) => [dev, uid, gid, mode]).join();
    // What chattr does shows in the folder's ctime alone.
    if (rights !== tried || (found && folder.ctimeNs !== foundAt)) {
      const code = await withNewFile(list, old, async (_handle, path) => {
        await rename(path, `${path}~`); // not after `chattr +a`, which lets names be added alone
        await rename(`${path}~`, path);
      }).catch(({ code }) => code);
      found = code === 'EPERM' ? await notAllowed(list) : undefined;
      tried = rights;
      const after = await stat(dirname(list), { bigint: true }).catch(() => undefined);
      foundAt = after?.ctimeNs; // the trial has changed it
    }
    return found;
  };
}

/** Whose it is that this process may not change. */
export async function notAllowed(path: string): Promise<string> {
  const owner = await describeOwner(path);
  return `user ${process.geteuid?.()} may not change ${path}; ${owner}; chown it, or set API_UID and API_GID to the numbers of its owner (or see lsattr)`;
}
