// Installs the packages of the folders named on the command line where they are missing or older than
// the lock file. It runs before anything is installed, so it needs nothing but Node.js and npm.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

/** @param {string} file */
const time = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

for (const folder of process.argv.slice(2)) {
  // npm writes this file at the end of every installation.
  const installed = time(`${folder}/node_modules/.package-lock.json`);
  if (installed >= time(`${folder}/package-lock.json`)) continue;
  console.log(`Installing packages in ${resolve(folder)} ...`);
  const npm = { cwd: folder, shell: true, stdio: /** @type {const} */ ('inherit') };
  const { status } = spawnSync('npm ci --no-audit --no-fund', npm);
  if (status !== 0) process.exit(status ?? 1);
}
