import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { ACCOUNTS, type Age, apiAt } from './api';
import { docker, inspect, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';

/** A stack of `docker-compose.yml`, beside whatever else runs on the machine. */
export type Stack = Awaited<ReturnType<typeof createStack>>;

/** Whom the list belongs to, and who the API runs as: whoever runs the tests, but for root. */
const [uid, gid] = [process.getuid?.() || 1000, process.getgid?.() || 1000];
export const OWNER = { uid, gid };

/**
 * Prepares a stack with ports that are free, a project name and a copy of the list of its own. It
 * does not start it.
 *
 * @param name what tells this stack from others of these tests
 * @param images the variables that say which images it runs, if not those that `e2e/run` built
 */
export async function createStack(name: string, images: NodeJS.ProcessEnv = {}) {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  const data = join(folder, 'data');
  await cp(join(ROOT, 'simple_api/data'), data, { recursive: true });
  const list = join(data, 'student_age.json');
  for (const path of [data, list]) await chown(path, OWNER.uid, OWNER.gid);
  const [apiPort, websitePort] = [await freePort(), await freePort()];
  const env = {
    TAG: 'e2e',
    IMAGE_PREFIX: `${PREFIX}/`,
    ...images,
    API_PORT: String(apiPort),
    WEBSITE_PORT: String(websitePort),
    ...ACCOUNTS,
    LIST_FOLDER: data,
    API_UID: String(OWNER.uid),
    API_GID: String(OWNER.gid),
  };
  const options = ['--env-file', '/dev/null', '--project-name', project];
  options.push('--file', join(ROOT, 'docker-compose.yml'));
  const compose = (...args: string[]) => docker(['compose', ...options, ...args], env);
  const api = `http://localhost:${apiPort}`;

  const website = `http://localhost:${websitePort}`;

  return {
    ...apiAt(api),
    api,
    website,
    /** The folder on this machine that is mounted at /data, and the list in it. */
    data,
    list,
    compose,
    container: (service: 'website' | 'simple-api') => `${project}-${service}-1`,
    /** Responds as the website does: with a status, and the text of a page. */
    async page(path = '/students') {
      const res = await fetch(website + path, { signal: AbortSignal.timeout(60_000) });
      return { status: res.status, text: await res.text() };
    },
    /** Puts a list in place and waits until it is served. */
    async serve(ages: Record<string, Age>) {
      await writeFile(list, JSON.stringify(ages));
      await eventually(async () => expect(await apiAt(api).getAges()).toEqual(ages));
    },
    /** Checks that no container ran out of memory or was started again. */
    async expectUnharmed() {
      for (const service of ['simple-api', 'website']) {
        const state = '{{.State.OOMKilled}} {{.RestartCount}} {{.State.Status}}';
        const found = await inspect(`${project}-${service}-1`, state);
        expect([service, found]).toEqual([service, 'false 0 running']);
      }
    },
    /** Removes all that the stack made. */
    async down() {
      await compose('down', '--volumes', '--timeout', '2');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A stack that is running. */
export async function startStack(...of: Parameters<typeof createStack>): Promise<Stack> {
  const stack = await createStack(...of);
  try {
    await stack.compose('up', '--detach', '--wait');
    return stack;
  } catch (error) {
    await stack.down();
    throw error;
  }
}
