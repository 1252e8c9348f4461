import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { apiAt, CREDENTIALS } from './api';
import { docker, inspect, PREFIX, ROOT } from './docker';
import { freePort } from './free-port';

/** A stack of `docker-compose.yml`, beside whatever else runs on the machine. */
export type Stack = Awaited<ReturnType<typeof createStack>>;

const [UID = 0, GID = 0] = [process.getuid?.(), process.getgid?.()];

/** Whom the list belongs to, and who the API runs as: whoever runs the tests, but for root. */
export const OWNER = UID === 0 ? { uid: 1000, gid: 1000 } : { uid: UID, gid: GID };

/** The images that `e2e/run` built. */
export const BUILT = { TAG: 'e2e', IMAGE_PREFIX: `${PREFIX}/` };

/**
 * Prepares a stack with ports that are free, a project name and a copy of the list of its own. It
 * does not start it.
 *
 * @param name what tells this stack from others of these tests
 * @param images the variables that say which images it runs
 */
export async function createStack(name: string, images: NodeJS.ProcessEnv = BUILT) {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  const data = join(folder, 'data');
  await cp(join(ROOT, 'simple_api/data'), data, { recursive: true });
  for (const path of [data, join(data, 'student_age.json')])
    await chown(path, OWNER.uid, OWNER.gid);
  const override = join(folder, 'override.yml');
  const volume = { type: 'bind', source: data, target: '/data' };
  const services = { 'simple-api': { volumes: [volume] } };
  await writeFile(override, JSON.stringify({ services })); // JSON is YAML

  const [apiPort, websitePort] = [await freePort(), await freePort()];
  const env = {
    ...images,
    API_PORT: String(apiPort),
    WEBSITE_PORT: String(websitePort),
    API_USERNAME: CREDENTIALS.username,
    API_PASSWORD: CREDENTIALS.password,
    API_UID: String(OWNER.uid),
    API_GID: String(OWNER.gid),
  };
  const options = ['--env-file', '/dev/null', '--project-name', project];
  options.push('--file', join(ROOT, 'docker-compose.yml'), '--file', override);
  const compose = (...args: string[]) => docker(['compose', ...options, ...args], env);
  const api = `http://localhost:${apiPort}`;

  return {
    api,
    website: `http://localhost:${websitePort}`,
    /** The folder on this machine that is mounted at /data, and the list in it. */
    data,
    list: join(data, 'student_age.json'),
    compose,
    container: (service: 'website' | 'simple-api') => `${project}-${service}-1`,
    ...apiAt(api),
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
