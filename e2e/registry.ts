import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { docker, exec, type Output, ownEnv, PREFIX, ROOT } from './docker';
import { freePort } from './free-port';

/** A registry of `docker-compose-registry.yml`, beside whatever else runs on the machine. */
export interface Registry {
  /** What the names of its images start with: `localhost:PORT`, which Docker trusts without TLS. */
  readonly host: string;
  /** Where its UI answers, on this machine. */
  readonly ui: string;
  /** The name of the registry's container. */
  readonly container: string;
  /** Runs `docker compose ARGS` for this registry. */
  compose(...args: string[]): Promise<Output>;
  /** Removes all that the registry made, and the images with its name on this machine. */
  down(): Promise<void>;
}

// Two projects cannot both have containers of the names that the file gives. `!reset` is not JSON.
const OVERRIDE = `services:
  registry: { container_name: !reset null }
  registry-ui: { container_name: !reset null }
`;

/**
 * Prepares a registry with ports that are free, a project name and a volume of its own. It does not
 * start it.
 *
 * @param name what tells this registry from others of these tests
 */
export async function createRegistry(name: string): Promise<Registry> {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  const override = join(folder, 'override.yml');
  await writeFile(override, OVERRIDE);

  const port = await freePort();
  const uiPort = await freePort();
  const env = { REGISTRY_PORT: String(port), REGISTRY_UI_PORT: String(uiPort) };
  const files = ['--file', join(ROOT, 'docker-compose-registry.yml'), '--file', override];
  const compose = (...args: string[]) =>
    docker(
      ['compose', '--env-file', '/dev/null', '--project-name', project, ...files, ...args],
      env,
    );
  const host = `localhost:${port}`;

  return {
    host,
    ui: `http://localhost:${uiPort}`,
    container: `${project}-registry-1`,
    compose,
    async down() {
      try {
        await compose('down', '--volumes', '--timeout', '2');
      } finally {
        await rm(folder, { recursive: true, force: true });
        await removeImages(`${host}/*`);
      }
    },
  };
}

/** A registry with TLS and accounts, which is set up by the commands of docs/deploy.md. */
export interface SecureRegistry extends Registry {
  readonly port: number;
  /** Stands for the repository on the registry's machine: has its compose files and its script. */
  readonly folder: string;
  /**
   * Runs shell commands in the folder, without a terminal and without the caller's configuration.
   *
   * @param input what they read from their standard input
   * @throws Error when one of them fails; its message has what was printed
   */
  sh(commands: string, input?: string): Promise<Output>;
}

const SCRIPT = 'scripts/registry-account.mjs';
const SECURE_FILES = ['docker-compose-registry.yml', 'docker-compose-registry-secure.yml'];

/**
 * Prepares a folder for a secure registry, as a fresh clone is one: it has no certificate, no
 * account and no `.env`.
 *
 * @param name what tells this registry from others of these tests
 */
export async function createSecureRegistry(name: string): Promise<SecureRegistry> {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  for (const file of SECURE_FILES) {
    // Not an override, as above: the documented commands name these two files.
    const content = await readFile(join(ROOT, file), 'utf8');
    await writeFile(join(folder, file), content.replaceAll(/^ +container_name: .*\n/gm, ''));
  }
  // Copied, because the script works in the folder that it is in.
  await cp(join(ROOT, SCRIPT), join(folder, SCRIPT));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

  const port = await freePort();
  const uiPort = await freePort();
  const env = {
    COMPOSE_PROJECT_NAME: project,
    REGISTRY_BIND: '127.0.0.1', // else whoever is in the network of this machine reaches it
    REGISTRY_UI_PORT: String(uiPort),
  };
  const sh = async (commands: string, input = '') => {
    const shell = spawn('sh', ['-ec', commands], {
      cwd: folder,
      env: { ...ownEnv(), ...env },
      detached: true, // from the terminal: curl then reads passwords from its input
      timeout: 120_000,
    });
    shell.stdin.on('error', () => {}); // of commands that do not read it
    shell.stdin.end(input);
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(shell.stdout),
      text(shell.stderr),
      once(shell, 'close'),
    ]);
    if (code === 0) return { stdout, stderr };
    throw new Error(`${commands}\nended with ${code ?? signal}: ${stderr}${stdout}`);
  };
  const compose = (...args: string[]) =>
    sh(['docker compose', ...SECURE_FILES.map((file) => `--file ${file}`), ...args].join(' '));
  const host = `localhost:${port}`;

  return {
    host,
    port,
    ui: `http://localhost:${uiPort}`,
    container: `${project}-registry-1`,
    folder,
    sh,
    compose,
    async down() {
      try {
        // The compose file wants it to be set, whatever is done.
        await sh('[ -e .env ] || echo REGISTRY_HTTP_SECRET=none > .env');
        await compose('down', '--volumes', '--timeout', '2');
      } finally {
        await rm(folder, { recursive: true, force: true });
        await removeImages(`${host}/*`);
      }
    },
  };
}

/**
 * Removes names of images from this machine, and the images that then have none.
 *
 * @param reference a pattern of names without tag, such as `localhost:5000/api`
 */
export async function removeImages(reference: string): Promise<void> {
  const format = '{{.Repository}} {{.Tag}} {{.Digest}}';
  const { stdout } = await docker(
    ['images', '--digests', '--format', format].concat('--filter', `reference=${reference}`),
  );
  const names = stdout.split('\n').flatMap((line) => {
    const [repository, tag, digest] = line.split(' ');
    if (!repository) return [];
    return tag === '<none>' ? `${repository}@${digest}` : `${repository}:${tag}`;
  });
  if (names.length > 0) await docker(['rmi', ...names]);
}

/**
 * Finds out how much a registry's volume holds.
 *
 * @param container the registry's
 * @param folder `blobs` has the parts of images, `repositories` those that are still arriving
 * @returns the size in bytes
 */
export async function storedBytes(
  container: string,
  folder: 'blobs' | 'repositories',
): Promise<number> {
  const path = `/var/lib/registry/docker/registry/v2/${folder}`;
  const find = ['find', path, '-name', 'data', '-exec', 'stat', '-c', '%s', '{}', '+'];
  const sizes = (await exec(container, ...find)).trim().split('\n').map(Number);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Pulls the image of the registry's UI if it is not here; returns why it cannot be had. */
export function whyNoUi(): string | undefined {
  const image = 'joxit/docker-registry-ui:2';
  if (spawnSync('docker', ['image', 'inspect', image]).status === 0) return undefined;
  const pull = spawnSync('docker', ['pull', image], { encoding: 'utf8', timeout: 60_000 });
  if (pull.status === 0) return undefined;
  const reason = pull.error?.message ?? pull.stderr.trim().split(': ').at(-1);
  return `its image ${image} is not here and cannot be pulled (${reason})`;
}
