// npm run test:e2e: builds the images, runs the tests, and removes all that they made, also after a
// failure or Ctrl-C. Arguments are jest's, for example the name of a test file.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PREFIX = 'student-list-e2e'; // as in docker.ts
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @param {string[]} args Docker's
 * @returns {string[]} the lines that it printed
 */
function docker(...args) {
  const { stdout } = spawnSync('docker', args, { cwd: root, encoding: 'utf8' });
  return (stdout ?? '').split('\n').filter(Boolean);
}

function removeAll() {
  const mine = ['--filter', `name=${PREFIX}`];
  const containers = docker('ps', '--all', '--quiet', ...mine);
  if (containers.length > 0) docker('rm', '--force', '--volumes', ...containers);
  for (const volume of docker('volume', 'ls', '--quiet', ...mine)) docker('volume', 'rm', volume);
  for (const network of docker('network', 'ls', '--quiet', ...mine))
    docker('network', 'rm', network);
  // By digest: those that a test pulled so have no tag.
  const format = '{{.Repository}} {{.Tag}} {{.Digest}}';
  for (const line of docker('images', '--digests', '--format', format)) {
    const [repository = '', tag, digest] = line.split(' ');
    if (!repository.includes(PREFIX)) continue;
    docker('rmi', '--force', tag === '<none>' ? `${repository}@${digest}` : `${repository}:${tag}`);
  }
}

if (docker('version', '--format', '{{.Server.Version}}').length === 0) {
  console.error('These tests need a running Docker Engine, and `docker version` finds none.');
  process.exit(1);
}
removeAll(); // what a run left that was killed

for (const [image, context] of [
  ['api', 'simple_api'],
  ['website', 'website'],
]) {
  const { status } = spawnSync(
    'docker',
    ['build', '--quiet', '--tag', `${PREFIX}/${image}:e2e`, `${context}/`],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}

const jest = spawn(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--config', 'e2e/jest.config.mjs', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
// The terminal sends Ctrl-C to jest too; this process stays to clean up.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => jest.kill(signal));
}
jest.once('exit', (code) => {
  removeAll();
  process.exitCode = code ?? 1;
});
