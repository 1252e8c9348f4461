import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { launchChromium } from './browser';
import { PREFIX, ROOT, run } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';

const FILES = ['docker-compose-registry.yml', 'docker-compose-registry-secure.yml'];

/** A registry of the compose files above, beside whatever else runs on the machine. */
export type Registry = Awaited<ReturnType<typeof createRegistry>>;

/**
 * Prepares a registry with ports that are free, and a project name and volume of its own. It does
 * not start it.
 *
 * @param name what tells this registry from others of these tests
 */
export async function createRegistry(name: string) {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  for (const file of FILES) {
    // Two projects cannot both have containers of the same name.
    const content = await readFile(join(ROOT, file), 'utf8');
    await writeFile(join(folder, file), content.replaceAll(/^ +container_name: .*\n/gm, ''));
  }
  const port = await freePort();
  const uiPort = await freePort();
  const env = {
    COMPOSE_PROJECT_NAME: project,
    REGISTRY_BIND: '127.0.0.1', // else whoever is in the network of this machine reaches it
    REGISTRY_PORT: String(port),
    REGISTRY_UI_PORT: String(uiPort),
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
    container: `${project}-registry-1`,
    /** Has the two compose files, as a fresh clone. */
    folder,
    /** Removes all that the registry made, and the images with its name on this machine. */
    async down() {
      await sh(`docker compose --file ${FILES[0]} down --volumes --timeout 2
        docker images --format '{{.Repository}}:{{.Tag}}' '${prefix}*' | xargs -r docker rmi`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const UI_IMAGE = 'joxit/docker-registry-ui:2';

/** Pulls the UI's image if it is not here; returns why it cannot be had. */
function whyNoUi(): string | undefined {
  if (spawnSync('docker', ['image', 'inspect', UI_IMAGE]).status === 0) return undefined;
  const pull = spawnSync('docker', ['pull', UI_IMAGE], { encoding: 'utf8', timeout: 60_000 });
  return pull.status === 0 ? undefined : `${UI_IMAGE} cannot be pulled (${pull.stderr.trim()})`;
}

/**
 * Declares a test of the UI in the browser, which is skipped, aloud, where its image cannot be had.
 *
 * @param start brings the UI up
 * @param expected what it has to show
 */
export function testUi(
  name: string,
  start: () => Promise<Pick<Registry, 'ui'>>,
  expected: string[],
  httpCredentials?: { username: string; password: string },
): void {
  const missing = whyNoUi();
  if (missing) console.log(`Skipped, ${name}: ${missing}`);
  (missing ? test.skip : test)(name, async () => {
    const { ui } = await start();
    const catalog = await fetch(`${ui}/v2/_catalog`);
    expect(catalog.status).toBe(httpCredentials ? 401 : 200);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage(httpCredentials ? { httpCredentials } : {});
      await page.goto(ui);
      await eventually(10_000, async () => {
        const text = await page.locator('body').innerText();
        for (const repository of expected) expect(text).toContain(repository);
      });
    } finally {
      await browser.close();
    }
  });
}
