import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { launchChromium } from './browser';
import { type Output, ownEnv, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';

const FILES = ['docker-compose-registry.yml', 'docker-compose-registry-secure.yml'];

/** A registry of the compose files above, beside whatever else runs on the machine. */
export interface Registry {
  readonly port: number;
  /** What the names of its images start with; so they are found when all is cleaned up. */
  readonly prefix: string;
  /** Where its UI answers, on this machine. */
  readonly ui: string;
  /** The name of the registry's container. */
  readonly container: string;
  /** A folder with the two compose files, as in a fresh clone. */
  readonly folder: string;
  /**
   * Runs shell commands in the folder, without a terminal and without the caller's configuration.
   *
   * @param input what they read from their standard input
   * @throws Error when one of them fails; its message has what was printed
   */
  sh(commands: string, input?: string): Promise<Output>;
  /** Removes all that the registry made, and the images with its name on this machine. */
  down(): Promise<void>;
}

/**
 * Prepares a registry with ports that are free, and a project name and volume of its own. It does
 * not start it.
 *
 * @param name what tells this registry from others of these tests
 */
export async function createRegistry(name: string): Promise<Registry> {
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
    ...ownEnv(),
    COMPOSE_PROJECT_NAME: project,
    REGISTRY_BIND: '127.0.0.1', // else whoever is in the network of this machine reaches it
    REGISTRY_PORT: String(port),
    REGISTRY_UI_PORT: String(uiPort),
  };
  const prefix = `localhost:${port}/${PREFIX}/`; // Docker trusts localhost

  async function sh(commands: string, input = ''): Promise<Output> {
    const shell = spawn('sh', ['-ec', commands], {
      cwd: folder,
      env,
      detached: true, // from the terminal: then passwords are read from the input
      timeout: 120_000,
    });
    shell.stdin.on('error', () => undefined); // of commands that do not read it
    shell.stdin.end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      text(shell.stdout),
      text(shell.stderr),
      once(shell, 'close'),
    ]);
    if (code === 0) return { stdout, stderr };
    throw new Error(`${commands}\nended with ${code}: ${stderr}${stdout}`);
  }

  return {
    port,
    prefix,
    ui: `http://localhost:${uiPort}`,
    container: `${project}-registry-1`,
    folder,
    sh,
    async down() {
      try {
        await sh(`docker compose --file ${FILES[0]} down --volumes --timeout 2`);
        await sh(
          `docker images --format '{{.Repository}}:{{.Tag}}' '${prefix}*' | xargs -r docker rmi`,
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
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
  start: () => Promise<Registry>,
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
