// npm run test:e2e: builds the images, runs the tests, and removes all that they made, also after a
// failure or Ctrl-C. Arguments are jest's, for example the name of a test file.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PREFIX = 'student-list-e2e'; // as in docker.ts
const cwd = join(dirname(fileURLToPath(import.meta.url)), '..');

/** @param {string[]} command with its arguments */
function run(...command) {
  const [name = '', ...args] = command;
  return spawnSync(name, args, { cwd, stdio: 'inherit' }).status ?? 1;
}

const removeAll = () =>
  run(
    'sh',
    '-c',
    `exec >/dev/null
    docker ps --all --quiet --filter name=${PREFIX} | xargs -r docker rm --force --volumes
    docker volume ls --quiet --filter name=${PREFIX} | xargs -r docker volume rm
    docker network ls --quiet --filter name=${PREFIX} | xargs -r docker network rm
    docker images --format '{{.Repository}}:{{.Tag}}' | grep ${PREFIX} | xargs -r docker rmi`,
  );

if (run('docker', 'version', '--format', 'Docker Engine {{.Server.Version}}') !== 0) {
  console.error('These tests need a running Docker Engine.');
  process.exit(1);
}
removeAll(); // what a run left that was killed

// As the README does it: each from its own folder, with nothing else around.
for (const [image, folder] of Object.entries({ api: 'simple_api/', website: 'website/' })) {
  const failed = run('docker', 'build', '--quiet', '--tag', `${PREFIX}/${image}:e2e`, folder);
  if (failed) process.exit(failed);
}

const jest = spawn(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--config', 'e2e/jest.config.mjs', ...process.argv.slice(2)],
  { cwd, stdio: 'inherit' },
);
// The terminal sends Ctrl-C to jest too; this process stays to clean up.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => jest.kill(signal));
}
jest.once('exit', (code) => {
  removeAll();
  process.exitCode = code ?? 1;
});
