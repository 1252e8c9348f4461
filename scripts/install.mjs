// Installs the packages of the folders named on the command line where they are missing or older than
// the lock file. It runs before anything else, so it needs nothing but Node.js and npm, and says when
// that Node.js is too old for all the rest.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** @type {string} */
const wanted = JSON.parse(readFileSync('package.json', 'utf8')).engines.node;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [leastMajor = 0, leastMinor = 0] = wanted.slice('>='.length).split('.').map(Number);
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error(
    `This needs Node.js ${leastMajor}.${leastMinor} or newer; here it is ${process.version}.`,
  );
  process.exit(1);
}

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
