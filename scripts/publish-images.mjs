// npm run publish-images: builds the images of API and website, pushes them to a registry, and checks
// what arrived. It needs nothing but Node.js and Docker.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRegistry } from './find-registry.mjs';

/** How long a question to the engine or the registry may take, in ms. */
const ASK_MS = 60_000;
/** How long a build or a push may take, in ms. */
const WORK_MS = 30 * 60_000;

/** What a complaint of the engine begins with; the others are its client's. */
const FROM_ENGINE = 'Error response from daemon';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const registry = process.env['REGISTRY'] || 'localhost:5000';
const tag = process.env['TAG'] || '1.0';
const images = [
  { name: `${registry}/api:${tag}`, context: 'simple_api/' },
  { name: `${registry}/website:${tag}`, context: 'website/' },
];

requireNames();
requireEngine();
const scheme = await requireRegistry();
const labels = commitLabel();
for (const { name, context } of images) docker('build', ...labels, '--tag', name, context);
for (const { name } of images) docker('push', name);
const arrived = images.map(({ name }) => [name, ...check(name)]);
printTable([['image', 'digest', 'size in the registry'], ...arrived]);

/** Ends this process if Docker would not take the names of the images, or not as they are meant. */
function requireNames() {
  const mistakes = [];
  const label = '[a-z\\d]([a-z\\d-]*[a-z\\d])?';
  const host = new RegExp(`^(${label}(\\.${label})*|\\[[a-f\\d:]+\\])(:\\d+)?$`, 'i');
  // Never printed: there may be a password in it.
  if (!host.test(registry) || !URL.canParse(`http://${registry}`)) {
    mistakes.push('REGISTRY must be host[:port], such as localhost:5000, without scheme or path');
  } else if (registry !== 'localhost' && !/[.:]/.test(registry)) {
    mistakes.push(
      `REGISTRY must have a dot or a port, such as ${registry}:5000: Docker takes "${registry}" for an account at Docker Hub`,
    );
  }
  if (!/^\w[\w.-]{0,127}$/.test(tag)) {
    mistakes.push(
      'TAG must be 1 to 128 letters, digits, "_", "." or "-", and must not begin with "." or "-"',
    );
  }
  if (mistakes.length > 0) fail(mistakes.join('\n'));
}

/** Ends this process if there is no Docker Engine. */
function requireEngine() {
  const { error, complaint } = ask('docker', 'version', '--format', '{{.Server.Version}}');
  if (error?.code === 'ENOENT') fail('Docker is not installed: there is no command "docker"');
  if (complaint) fail(`no Docker Engine answers: ${complaint}`);
}

/** Ends this process if there is no registry, or one that Docker has no account at. */
async function requireRegistry() {
  const found = await findRegistry(registry).catch(({ message }) => fail(message));
  if (found.wantsAccount) {
    // Without a terminal, it only tries the account that Docker has stored.
    const { complaint } = ask('docker', 'login', registry);
    const said = complaint?.includes(FROM_ENGINE) ? ` (${complaint})` : '';
    if (complaint) fail(`${registry} wants an account; sign in: docker login ${registry}${said}`);
  }
  return found.scheme;
}

/** What tells `docker build` the commit, marked as dirty if the files differ from it; or nothing. */
function commitLabel() {
  const commit = ask('git', 'rev-parse', '--verify', 'HEAD');
  const status = ask('git', '--no-optional-locks', 'status', '--porcelain');
  const complaint = commit.complaint || status.complaint;
  if (complaint) {
    console.error(`The images do not get the commit as a label: ${complaint}`);
    return [];
  }
  const dirty = status.output ? '-dirty' : '';
  return ['--label', `org.opencontainers.image.revision=${commit.output}${dirty}`];
}

/**
 * Runs Docker's client, with its output in sight, and ends this process if it fails.
 *
 * @param {string[]} args
 */
function docker(...args) {
  const { status, error } = spawnSync('docker', args, {
    // One manifest an image. With an attestation it would be a list, in which the registry's UI
    // shows a second platform, "unknown".
    env: { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1' },
    stdio: ['ignore', 2, 2], // standard output is for the table
    timeout: WORK_MS,
  });
  if (status !== 0)
    fail(`docker ${args[0]} of ${args.at(-1)} failed${error ? `: ${error.message}` : ''}`);
}

/**
 * Ends this process if the registry does not serve the image of this machine.
 *
 * @param {string} name of the image
 * @returns {[digest: string, size: string]} what the registry serves
 */
function check(name) {
  const repository = name.slice(0, name.lastIndexOf(':'));
  const local = ask('docker', 'image', 'inspect', '--format', '{{json .RepoDigests}}', name);
  if (local.complaint) fail(`could not check ${name}: ${local.complaint}`);
  /** @type {string[]} */
  const pushed = JSON.parse(local.output).filter((/** @type {string} */ digest) =>
    digest.startsWith(`${repository}@`),
  );
  const here = pushed.map((digest) => digest.slice(repository.length + 1)).join(', ');

  // Docker's client brings the account, and the certificates in /etc/docker/certs.d. The engine's
  // `insecure-registries` it does not know; the push came through, so this registry is one of them.
  const insecure = scheme === 'http' ? ['--insecure'] : [];
  const remote = ask('docker', 'manifest', 'inspect', '--verbose', ...insecure, name);
  if (remote.complaint) {
    fail(`${name} is ${here} here, and cannot be read from the registry: ${remote.complaint}`);
  }
  const manifest = JSON.parse(remote.output);
  // The client computes this from the bytes that it got.
  const digest = manifest.Descriptor?.digest ?? 'a list of images';
  if (!pushed.includes(`${repository}@${digest}`)) {
    fail(`${name} is ${here} here, but ${digest} in the registry`);
  }

  const { config, layers } = manifest.SchemaV2Manifest ?? manifest.OCIManifest;
  let bytes = config.size;
  for (const layer of layers) bytes += layer.size;
  return [digest, `${(bytes / 1e6).toFixed(1)} MB`];
}

/** @param {string[][]} rows */
function printTable(rows) {
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      cell.padEnd(Math.max(...rows.map((other) => other[column]?.length ?? 0))),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

/**
 * Runs a command that answers soon.
 *
 * @param {string} command
 * @param {string[]} args
 * @returns {{ output: string, complaint?: string, error?: NodeJS.ErrnoException }} what it printed;
 *   when it failed also why, in one line
 */
function ask(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    // The commit of a repository that this folder happens to be in is not that of these files.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(root) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ASK_MS,
  });
  const output = (stdout ?? '').trim();
  if (status === 0) return { output };
  const lines = (stderr ?? '').trim().split('\n');
  const line = lines.find((other) => other.includes(FROM_ENGINE)) ?? lines[0];
  const complaint = line?.slice(0, 300) || error?.message || 'it failed'; // Docker may print bytes
  return { output, complaint, ...(error && { error }) };
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
