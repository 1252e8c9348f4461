// npm start: runs the API and the website, which npm has built before, until Ctrl-C.
// npm run dev (--watch): builds and restarts a service again when its source changes. While that cannot
// be built, its last good build goes on.
import { isUtf8 } from 'node:buffer';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';

// The services read .env as well, from the same folder. What is needed here is no secret.
/** @type {NodeJS.ProcessEnv} */
const settings = {
  ...readEnvFile(),
  ...Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== '')),
};
const watch = process.argv.includes('--watch');
const apiPort = await freePort('API_PORT', 5000);
const websitePort = await freePort('WEBSITE_PORT', 3000);
const listFolder = settings['LIST_FOLDER'];
if (listFolder && !settings['DATABASE_URL'] && !existsSync(listFolder)) {
  fail(`There is no folder ${listFolder}, where LIST_FOLDER says that the list is.`);
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

void runService('simple_api', {
  PORT: apiPort,
  METRICS_PORT: '', // in a container each service has a port of that number
  ...(listFolder && { STUDENT_AGE_FOLDER: listFolder }),
});
void runService('website', {
  PORT: websitePort,
  METRICS_PORT: '',
  API_URL: settings['API_URL'] || `http://localhost:${apiPort}`,
  // Only who may change the list has these.
  EDITOR_PASSWORD: '',
  EDITOR_PASSWORD_FILE: '',
  DATABASE_PASSWORD: '',
  DATABASE_PASSWORD_FILE: '',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
// The shell between npm and this process passes no signal on: what npm gets ends that shell alone.
const parent = process.ppid;
setInterval(() => process.ppid === parent || stop(0), 500).unref();

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<void>} once it runs: with --watch only after the first build that succeeds
 */
async function runService(folder, env) {
  const NODE_ENV = watch ? 'development' : 'production';
  const server = `${folder}/dist/server.js`;
  if (watch) {
    run(folder, [`${folder}/build.mjs`, '--watch'], {});
    while (!existsSync(server)) {
      await sleep(100);
      if (process.exitCode !== undefined) return;
    }
  }
  run(folder, [...(watch ? ['--watch'] : []), server], { NODE_ENV, ...env });
}

/**
 * Runs Node.js and prints what it writes, each line behind the name of the service. When it ends, so
 * does everything else.
 *
 * @param {string} folder the service's
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function run(folder, args, env) {
  const colors = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...colors, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a process group of its own: otherwise Ctrl-C would reach it as well, and a second signal
    // ends a service at once instead of gracefully.
    detached: process.platform !== 'win32',
  });
  running.add(child);
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      console.log(`${folder.padEnd(10)} | ${line}`);
      if (folder === 'website' && line.includes('listening on')) {
        console.log(`\nThe page is at http://localhost:${websitePort}/\n`);
      }
    });
  }
  child.once('exit', () => {
    running.delete(child);
    stop(1);
  });
}

/** What .env has; nothing if there is none. */
function readEnvFile() {
  if (!existsSync('.env')) return {};
  let bytes;
  try {
    bytes = readFileSync('.env');
  } catch (error) {
    fail(`.env cannot be read: ${error}`);
  }
  // UTF-16 without a byte order mark may be UTF-8 as well: each second byte is zero.
  if (!isUtf8(bytes) || bytes.includes(0)) fail('.env is not UTF-8. Save it as UTF-8.');
  return parseEnv(new TextDecoder().decode(bytes)); // which drops the mark
}

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(reason);
  process.exit(1);
}

/** @param {number} exitCode of this process, unless it is stopping already */
function stop(exitCode) {
  process.exitCode ??= exitCode;
  for (const child of running) if (!child.killed) child.kill();
}

/**
 * Reads a port from the environment. Ends this process, with one line, if it cannot be used.
 *
 * @param {string} variable
 * @param {number} otherwise the port if the variable is not set
 * @returns {Promise<string>}
 */
async function freePort(variable, otherwise) {
  const port = settings[variable] || String(otherwise);
  /** @type {string | undefined} */
  const code = await new Promise((resolve) => {
    const probe = createServer().once('error', (error) => resolve(Object(error).code));
    // A name that is not a number would be taken for a socket's path.
    if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) resolve('not from 1 to 65535');
    else probe.listen(Number(port), () => probe.close(() => resolve(undefined)));
  });
  if (!code) return port;
  const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
  const example = `${variable}=${otherwise + 1} npm ${watch ? 'run dev' : 'start'}`;
  fail(`Port ${port} ${reason}. Set ${variable} to another one, for example: ${example}`);
}
