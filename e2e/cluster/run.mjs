// npm run test:cluster: brings a Docker Swarm of three nodes up, publishes the images to a registry
// of its own, runs the tests, and removes all that they made, also after a failure or Ctrl-C.
// Arguments are jest's. A cluster that is up already is used, and left up.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the stack, and all else that these tests make, is named after. */
const STACK = 'student-list-cluster';

/** The registry's port on this machine's loopback address, whose engine trusts it there without TLS. */
const PUSH_PORT = 5077;

/** Where the nodes find the same registry, and trust it. */
const REGISTRY = { bind: '10.77.0.1', port: '5000' };

/** The most that all may take, in ms; usually it takes five minutes. */
const LIMIT_MS = 15 * 60_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const cluster = join(root, '../shared/engine/cluster');
if (!existsSync(cluster)) {
  console.log(
    `Skipped: tests on a cluster. To run them, have ${cluster} and, as root: npm run test:cluster`,
  );
  process.exit(0);
}

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
let isStopped = false;
/** @param {NodeJS.Signals} signal */
function stop(signal) {
  isStopped = true;
  running?.kill(signal);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => stop(signal));
}
const limit = setTimeout(() => {
  console.error(`The tests have not ended within ${LIMIT_MS / 60_000} minutes.`);
  stop('SIGTERM');
}, LIMIT_MS);

/**
 * Runs a command whose output is shown.
 *
 * @param {string[]} command with its arguments
 * @param {NodeJS.ProcessEnv} env what differs from the environment of this process
 * @param {string} input what it reads
 * @throws {Error} when it fails, or all is to stop
 */
async function run(command, env = {}, input = '') {
  const [name = '', ...args] = command;
  /** @type {number | null} */
  const code = await new Promise((resolve, reject) => {
    running = spawn(name, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    running.stdin?.end(input);
    running.once('error', reject);
    running.once('exit', resolve);
  });
  if (isStopped) throw new Error('stopped');
  if (code !== 0) throw new Error(`${command.join(' ')} failed`);
}

/**
 * Runs the Docker client, whatever comes of it.
 *
 * @param {string[]} args
 * @param {number} [node] whose engine is asked; otherwise this machine's
 * @returns {string[]} the lines that it printed
 */
function docker(args, node) {
  const env = node ? { DOCKER_HOST: `unix:///run/swarm/node${node}/docker.sock` } : {};
  const { stdout } = spawnSync('docker', args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return (stdout ?? '').split('\n').filter(Boolean);
}

const isUp = docker(['version', '--format', '{{.Server.Version}}'], 1).length > 0;

/** Removes what the tests leave on a cluster that stays up. */
function cleanCluster() {
  for (const node of [1, 2, 3]) {
    spawnSync(cluster, ['mend', String(node)], { timeout: 60_000 });
    docker(['node', 'update', '--availability', 'active', `node${node}`], 1);
  }
  docker(['stack', 'rm', '--detach=false', STACK], 1);
  for (const kind of ['secret', 'config']) {
    const names = docker([kind, 'ls', '--format', '{{.Name}}'], 1);
    const ours = names.filter((name) => name.includes(STACK));
    if (ours.length > 0) docker([kind, 'rm', ...ours], 1);
  }
}

const compose = ['docker', 'compose', '--env-file', '/dev/null', '--project-name', STACK].concat(
  ['--file', 'docker-compose-registry.yml', '--file', '-'], // `-`: this override
);
const override = `services:
  registry:
    container_name: !reset null
    ports: ["127.0.0.1:${PUSH_PORT}:5000"]
`;
const composeEnv = { REGISTRY_BIND: REGISTRY.bind, REGISTRY_PORT: REGISTRY.port };
const pushTo = `localhost:${PUSH_PORT}`;

function removeRegistry() {
  const format = '{{.Repository}}:{{.Tag}}';
  const images = docker(['images', '--format', format, '--filter', `reference=${pushTo}/*`]);
  if (images.length > 0) docker(['rmi', ...images]);
  const [command = '', ...args] = [...compose, 'down', '--volumes', '--timeout', '2'];
  spawnSync(command, args, { cwd: root, env: { ...process.env, ...composeEnv }, input: override });
}

try {
  removeRegistry(); // what a run left that was killed
  if (isUp) cleanCluster();
  else await run([cluster, 'up', '3']);
  await run([...compose, 'up', '--detach', '--wait', 'registry'], composeEnv, override);
  await run([process.execPath, 'scripts/publish-images.mjs'], { REGISTRY: pushTo, TAG: '1' });
  await run(
    [
      process.execPath,
      'node_modules/jest/bin/jest.js',
      '--config',
      'e2e/cluster/jest.config.mjs',
    ].concat(process.argv.slice(2)),
    {
      CLUSTER_SCRIPT: cluster,
      CLUSTER_STACK: STACK,
      CLUSTER_REGISTRY: `${REGISTRY.bind}:${REGISTRY.port}`,
      CLUSTER_PUSH_TO: pushTo,
      CLUSTER_REGISTRY_CONTAINER: `${STACK}-registry-1`,
    },
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
  if (isUp) cleanCluster();
  else spawnSync(cluster, ['down'], { timeout: 300_000 });
  removeRegistry();
}
