import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { docker, inspect, PREFIX, ROOT } from './docker';
import { freePort } from './free-port';

/** The credentials that the stack of the tests is started with. */
export const CREDENTIALS = { username: 'e2e-user', password: 'e2e-p:ä$$"word' };

/** A stack of `docker-compose.yml`, beside whatever else runs on the machine. */
export type Stack = Awaited<ReturnType<typeof createStack>>;

/** The `Authorization` header of a user name and a password. */
export function basicAuth({ username, password }: typeof CREDENTIALS): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

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
  const override = join(folder, 'override.yml');
  const volume = { type: 'bind', source: data, target: '/data', read_only: true };
  const services = { 'simple-api': { volumes: [volume] } };
  await writeFile(override, JSON.stringify({ services })); // JSON is YAML

  const [apiPort, websitePort] = [await freePort(), await freePort()];
  const env = {
    ...images,
    API_PORT: String(apiPort),
    WEBSITE_PORT: String(websitePort),
    API_USERNAME: CREDENTIALS.username,
    API_PASSWORD: CREDENTIALS.password,
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
    /** Asks the API for the list. */
    getList: () =>
      fetch(`${api}/supmit/api/v1.0/get_student_ages`, {
        headers: { Authorization: basicAuth(CREDENTIALS) },
        signal: AbortSignal.timeout(10_000),
      }),
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
