// npm start: installs what is missing, builds, and runs the API and the website together.
// npm run dev (--watch): the same, and a service starts again when its source changes.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { install, npm } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const watch = process.argv.includes('--watch');
process.chdir(root);
if (existsSync('.env')) process.loadEnvFile('.env');

const apiPort = process.env['API_PORT'] || '5000';
const websitePort = process.env['WEBSITE_PORT'] || '3000';
await requireFreePort(apiPort, 'API_PORT');
await requireFreePort(websitePort, 'WEBSITE_PORT');

install('simple_api', 'website');
npm('simple_api', 'run', '--silent', 'build');
npm('website', 'run', '--silent', 'build');

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

run('api', 'simple_api', { PORT: apiPort });
run('website', 'website', {
  PORT: websitePort,
  // Where the API listens by default; localhost may stand for another address as well.
  API_URL:
    process.env['API_URL'] ||
    `http://${process.env['HOST'] ? 'localhost' : '127.0.0.1'}:${apiPort}`,
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => stop(0));
}

/**
 * Runs a service; when it ends, so does everything.
 *
 * @param {string} name what stands before each line of its output
 * @param {string} folder where it is
 * @param {NodeJS.ProcessEnv} env what differs from the environment of this process
 */
function run(name, folder, env) {
  const node = [...(watch ? ['--watch'] : []), '--enable-source-maps', `${folder}/dist/server.js`];
  start(name, node, env);
  if (watch) start(name, [`${folder}/build.mjs`, '--watch'], {});
}

/**
 * Starts Node.js, and prints what it writes.
 *
 * @param {string} name what stands before each line
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function start(name, args, env) {
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      ...(process.stdout.isTTY && { FORCE_COLOR: '1' }),
      NODE_ENV: watch ? 'development' : 'production',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C then reaches this process alone, which tells the others.
    detached: process.platform !== 'win32',
  });
  running.add(child);
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      console.log(`${name.padEnd(7)} | ${line}`);
      if (name === 'website' && line.includes('listening on')) {
        console.log(`\nThe page is at http://localhost:${websitePort}/\n`);
      }
    });
  }
  child.once('exit', (code) => {
    running.delete(child);
    stop(code ?? 1);
  });
}

/**
 * Ends all that runs, and this process after it.
 *
 * @param {number} exitCode of this process, unless one is set already
 */
function stop(exitCode) {
  process.exitCode ??= exitCode;
  for (const child of running) if (!child.killed) child.kill('SIGTERM');
}

/**
 * Ends this process with one line if a port is taken.
 *
 * @param {string} port
 * @param {string} variable which changes it
 */
async function requireFreePort(port, variable) {
  const number = Number(port);
  if (!(Number.isInteger(number) && number > 0 && number < 65536)) {
    console.error(`${variable} must be a number from 1 to 65535, not "${port}".`);
    process.exit(1);
  }
  /** @type {NodeJS.ErrnoException | undefined} */
  const error = await new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen(number, () => probe.close(() => resolve(undefined)));
  });
  if (!error) return;
  const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`;
  console.error(
    `Port ${port} ${reason}. Choose another one with ${variable}, for example ${variable}=${number + 1} npm start`,
  );
  process.exit(1);
}
