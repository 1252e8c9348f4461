import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { followLinks } from './mount';

const run = promisify(execFile);

/**
 * Whether a file, or its folder for new files in it, has an access control list. Node.js has no call for it;
 * without GNU's `ls`, none is seen.
 */
export async function hasAcl(file: string): Promise<boolean> {
  const path = await followLinks(file);
  const listed = run('ls', ['-dln', path, dirname(path)]);
  const { stdout } = await listed.catch(() => ({ stdout: '' }));
  return /^\S{10}\+/m.test(stdout);
}
