import { docker, PREFIX } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';

/** The credentials that the API of the tests is started with. */
export const CREDENTIALS = { username: 'e2e-user', password: 'e2e-p:ä$$"word' };

/** The `Authorization` header of a user name and a password. */
export function basicAuth({ username, password }: typeof CREDENTIALS): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** An age as the list has it. */
export type Age = string | number;

const JSON_TYPE = { 'Content-Type': 'application/json' };
const MERGE_PATCH_TYPE = { 'Content-Type': 'application/merge-patch+json' };

/** What may be asked of the API that is at an address, with the credentials. */
export function apiAt(url: string, credentials = CREDENTIALS) {
  const ask = (path: string, { headers = {}, ...init }: RequestInit = {}) =>
    fetch(`${url}/supmit/api/v1.0${path}`, {
      ...init,
      headers: { Authorization: basicAuth(credentials), ...headers },
      signal: AbortSignal.timeout(10_000),
    });
  /** Reads the response to its end, or its connection would stay open. */
  async function answer(path: string, init?: RequestInit) {
    const res = await ask(path, init);
    const text = await res.text();
    return { status: res.status, headers: res.headers, body: text && JSON.parse(text) };
  }
  const pathOf = (name: string) => `/students/${encodeURIComponent(name)}`;
  return {
    getList: () => ask('/get_student_ages'),
    /** @throws Error when there is no list */
    async getAges(): Promise<Record<string, Age>> {
      const { status, body } = await answer('/get_student_ages');
      if (status !== 200) throw new Error(`the list is ${status}`);
      return body.student_ages;
    },
    getStudent: (name: string) => answer(pathOf(name)),
    put: (name: string, age: Age, headers = {}) =>
      answer(pathOf(name), {
        method: 'PUT',
        headers: { ...JSON_TYPE, ...headers },
        body: JSON.stringify({ age }),
      }),
    remove: (name: string, headers = {}) => answer(pathOf(name), { method: 'DELETE', headers }),
    patch: (ages: Record<string, Age | null>) =>
      answer('/students', {
        method: 'PATCH',
        headers: MERGE_PATCH_TYPE,
        body: JSON.stringify(ages),
      }),
  };
}

/** An API alone in a container. */
export type LoneApi = Awaited<ReturnType<typeof runApi>>;

/**
 * Runs the image of the API alone, and waits until it responds.
 *
 * @param name what tells it from others of these tests
 * @param options of `docker run`
 */
export async function runApi(name: string, options: string[], credentials = CREDENTIALS) {
  const container = `${PREFIX}-${name}`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { API_USERNAME: credentials.username, API_PASSWORD: credentials.password };
  const run = ['run', '--detach', '--name', container, '--publish', `127.0.0.1:${port}:5000`];
  for (const name of Object.keys(env)) run.push('--env', name);
  await docker([...run, ...options, `${PREFIX}/api:e2e`], env);
  const responds = () =>
    eventually(
      30_000,
      () => fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) }),
      20,
    );
  await responds();
  return {
    ...apiAt(url, credentials),
    container,
    /** Starts it again after it was killed, and waits until it responds. */
    async start() {
      await docker(['start', container]);
      await responds();
    },
    discard: () => docker(['rm', '--force', '--volumes', container]),
  };
}
