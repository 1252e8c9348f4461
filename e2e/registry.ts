import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, type Output, PREFIX, ROOT } from './docker';
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
