import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Why no new file can take the list's place, and what to set so that it can; undefined where it can. */
export async function whyReadOnly(file: string): Promise<string | undefined> {
  const mounts = await mountPoints();
  const target = await followLinks(file);
  if (mounts.includes(` ${target} r`)) {
    return `${file} is mounted by itself, and no new file can take its place; mount its folder instead`;
  }
  for (const path of [dirname(target), target]) {
    const code = await access(path, constants.W_OK).catch(({ code }) => code);
    // `access` may find first that this user may not write there.
    if (code === 'EROFS' || mounts.includes(` ${path} ro,`)) {
      return `${path} is mounted read-only; take read_only: true, or :ro, off the mount`;
    }
    if (code !== undefined && code !== 'ENOENT') return notAllowed(path);
  }
  return undefined;
}

/** Whose it is that this process may not change. */
export async function notAllowed(path: string): Promise<string> {
  const owner = await describeOwner(path);
  return `user ${process.geteuid?.()} may not change ${path}; ${owner}; chown it, or set API_UID and API_GID to the numbers of its owner`;
}

/** Where a link leads to: it stays when a new file takes the place of what is there. */
export function followLinks(file: string): Promise<string> {
  return realpath(file).catch(() => file);
}

/** Nothing where there is no Linux. */
export function mountPoints(): Promise<string> {
  return readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
}

/** In words. */
export function describeOwner(path: string): Promise<string> {
  return stat(path).then(
    ({ uid, gid, mode }) =>
      `it belongs to user ${uid}, group ${gid}, with mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
    () => 'its folder does not let this user look at it',
  );
}
