import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PREFIX, ROOT, run } from './docker';
import { freePort } from './free-port';

const FILES = ['docker-compose-registry.yml', 'docker-compose-registry-secure.yml'];
const CLEAN_UP = 'scripts/registry-clean-up';

/** A registry of the compose files above, beside whatever else runs on the machine. */
export type Registry = Awaited<ReturnType<typeof createRegistry>>;

/** Commands that start a registry, without its UI, whose image may be out of reach. */
export const withoutUi = (commands: string): string =>
  commands.replace(/up -d.*/, 'up -d --wait registry');

/**
 * Prepares a registry with ports that are free, and project names and volumes of its own. It does
 * not start it.
 *
 * @param name what tells this registry from others of these tests
 * @param image what it runs, if not what the compose file names
 */
export async function createRegistry(name: string, image = '') {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  for (const file of [...FILES, CLEAN_UP]) await cp(join(ROOT, file), join(folder, file));
  const port = await freePort();
  const uiPort = await freePort();
  const env = {
    STACK_NAME: project,
    REGISTRY_BIND: '127.0.0.1', // else whoever is in the network of this machine reaches it
    REGISTRY_PORT: String(port),
    REGISTRY_UI_PORT: String(uiPort),
    REGISTRY_IMAGE: image,
  };
  /** What the names of its images start with; Docker trusts localhost. */
  const prefix = `localhost:${port}/${PREFIX}/`;

  /** Runs shell commands in the folder, off the terminal: so they read passwords from `input`. */
  const sh = (commands: string, input?: string) =>
    run(['setsid', '--wait', 'sh', '-ec', commands], { cwd: folder, env }, input);

  return {
    port,
    prefix,
    sh,
    ui: `http://localhost:${uiPort}`,
    container: `${project}-private-registry`,
    uiContainer: `${project}-registry-ui`,
    /** Has the two compose files and the script, as a fresh clone. */
    folder,
    /** Starts it with its UI, or, where that cannot be had, a stand-in for it that has no pages. */
    async startWithUi() {
      const [, image = ''] =
        /image: (joxit\/.*)/.exec(await readFile(join(ROOT, FILES[0] ?? ''), 'utf8')) ?? [];
      const has = (...args: string[]) =>
        spawnSync('docker', args, { timeout: 60_000 }).status === 0;
      const isThere = has('image', 'inspect', image) || has('pull', '-q', image);
      const standIn = { image: `${PREFIX}/ui:e2e`, build: join(ROOT, 'e2e/stand-in-ui') };
      const services = isThere ? {} : { 'registry-ui': standIn };
      await writeFile(join(folder, 'ui.yml'), JSON.stringify({ services })); // JSON is YAML
      const compose = `docker compose -f ${FILES[0]} -f ui.yml`;
      await sh(`${compose} build --quiet\n${compose} up -d --wait`);
    },
    /** Removes all that the registry made, and the images with its name on this machine. */
    async down() {
      const down = 'down --volumes --timeout 2';
      await sh(`docker compose --file ${FILES[0]} ${down}
        REGISTRY_HTTP_SECRET=any docker compose --file ${FILES.join(' --file ')} ${down}
        docker images --format '{{.Repository}}:{{.Tag}}' '${prefix}*' | xargs -r docker rmi`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
