// Installs the packages of the folders named on the command line, wherever they are missing or older
// than the lock file. It runs before anything is installed, so it needs nothing but Node and npm.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** @param {string} folder relative to the repository */
function isInstalled(folder) {
  // npm writes this file at the end of every install.
  const installed = statSync(join(root, folder, 'node_modules/.package-lock.json'), {
    throwIfNoEntry: false,
  });
  return (
    installed && installed.mtimeMs >= statSync(join(root, folder, 'package-lock.json')).mtimeMs
  );
}

/**
 * Runs npm in a folder and ends this process with npm's exit code if it fails.
 *
 * @param {string} folder relative to the repository
 * @param {string[]} args npm's arguments
 */
export function npm(folder, ...args) {
  const npmCli = process.env['npm_execpath'];
  if (!npmCli) {
    console.error('Run this through npm: npm start, npm run dev, npm test.');
    process.exit(1);
  }
  const { status } = spawnSync(process.execPath, [npmCli, ...args], {
    cwd: join(root, folder),
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string[]} folders relative to the repository */
export function install(...folders) {
  for (const folder of folders) {
    if (isInstalled(folder)) continue;
    console.log(`Installing the packages of ${folder === '.' ? 'the repository' : folder} ...`);
    npm(folder, 'ci', '--no-audit', '--no-fund');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install(...process.argv.slice(2));
