import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, type Output, PREFIX, ROOT } from './docker';
import { freePort } from './free-port';

/** The credentials that the stack of the tests is started with. */
export const CREDENTIALS = { username: 'e2e-user', password: 'e2e-p:ä$$"word' };

/** A running stack of `docker-compose.yml`, beside whatever else runs on the machine. */
export interface Stack {
  /** Where the website answers, on this machine, without a slash at the end. */
  readonly website: string;
  /** Where the API answers. */
  readonly api: string;
  /** The folder on this machine that is mounted at /data. */
  readonly data: string;
  /** The list in it. */
  readonly list: string;
  /** Runs `docker compose ARGS` for this stack. */
  compose(...args: string[]): Promise<Output>;
  /** The name of a service's container. */
  container(service: 'website' | 'simple-api'): string;
  /** Asks the API for the list, with the right credentials unless headers say otherwise. */
  getList(headers?: Record<string, string>): Promise<Response>;
  /** Removes all that the stack made. */
  down(): Promise<void>;
}

/** The `Authorization` header of a user name and a password. */
export function basicAuth({ username, password }: typeof CREDENTIALS): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The images that `run.mjs` built. */
const BUILT = { TAG: 'e2e', IMAGE_PREFIX: `${PREFIX}/` };

/**
 * Prepares a stack with ports that are free, a project name and a copy of the list of its own. It
 * does not start it.
 *
 * @param name what tells this stack from others of these tests
 * @param images the variables that say which images it runs
 */
export async function createStack(name: string, images: NodeJS.ProcessEnv = BUILT): Promise<Stack> {
  const project = `${PREFIX}-${name}`;
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  const data = join(folder, 'data');
  await cp(join(ROOT, 'simple_api/data'), data, { recursive: true });

  const override = join(folder, 'override.yml');
  const volume = { type: 'bind', source: data, target: '/data', read_only: true };
  await writeFile(
    override,
    JSON.stringify({ services: { 'simple-api': { volumes: [volume] } } }), // JSON is YAML
  );
  const apiPort = await freePort();
  const websitePort = await freePort();
  const env = {
    ...images,
    API_PORT: String(apiPort),
    WEBSITE_PORT: String(websitePort),
    API_USERNAME: CREDENTIALS.username,
    API_PASSWORD: CREDENTIALS.password,
  };
  const files = ['--file', join(ROOT, 'docker-compose.yml'), '--file', override];
  const compose = (...args: string[]) =>
    docker(
      ['compose', '--env-file', '/dev/null', '--project-name', project, ...files, ...args],
      env,
    );
  const api = `http://localhost:${apiPort}`;

  return {
    website: `http://localhost:${websitePort}`,
    api,
    data,
    list: join(data, 'student_age.json'),
    compose,
    container: (service) => `${project}-${service}-1`,
    getList: (headers = {}) =>
      fetch(`${api}/supmit/api/v1.0/get_student_ages`, {
        headers: { Authorization: basicAuth(CREDENTIALS), ...headers },
        signal: AbortSignal.timeout(10_000),
      }),
    async down() {
      try {
        await compose('down', '--volumes', '--timeout', '2');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
