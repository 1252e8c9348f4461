import { docker, PREFIX } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';

/** Who may read the list, and who may change it, in the APIs of these tests. */
export const READER = { username: 'e2e-reader', password: 'e2e-p:ä$$"word' };
export const EDITOR = { username: 'e2e-editor', password: 'e2e-Grüße 2026' };

/** What an API is told of both. */
export const ACCOUNTS = {
  API_USERNAME: READER.username,
  API_PASSWORD: READER.password,
  EDITOR_USERNAME: EDITOR.username,
  EDITOR_PASSWORD: EDITOR.password,
};

/** The list that is shipped. */
export const SIX = { Ahmed: '20', Meryem: '23', Amine: '20', Hiba: '21', Sara: '23', Omar: '20' };

/** The `Authorization` header of a user name and a password. */
export function basicAuth({ username, password }: typeof READER): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** An age as the list has it. */
export type Age = string | number;

/** What may be asked of the API that is at an address. */
export function apiAt(url: string, account = EDITOR) {
  /** Reads the response to its end, or its connection would stay open. */
  async function ask(path: string, method = 'GET', headers = {}, sent?: object, type = 'json') {
    const res = await fetch(`${url}/supmit/api/v1.0${path}`, {
      method,
      headers: {
        Authorization: basicAuth(account),
        ...(sent && { 'Content-Type': `application/${type}` }),
        ...headers,
      },
      ...(sent && { body: JSON.stringify(sent) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await res.text();
    const etag = res.headers.get('etag') ?? '';
    const allow = res.headers.get('allow');
    return { status: res.status, etag, allow, text, body: text && JSON.parse(text) };
  }
  const pathOf = (name: string) => `/students/${encodeURIComponent(name)}`;
  return {
    ask,
    getList: () => ask('/get_student_ages'),
    /** @throws Error when there is no list */
    async getAges(): Promise<Record<string, Age>> {
      const { status, body } = await ask('/get_student_ages');
      if (status !== 200) throw new Error(`the list is ${status}`);
      return body.student_ages;
    },
    put: (name: string, age: Age, headers = {}) => ask(pathOf(name), 'PUT', headers, { age }),
    remove: (name: string) => ask(pathOf(name), 'DELETE'),
    patch: (ages: Record<string, Age | null>, headers = {}, query = '') =>
      ask(`/students${query}`, 'PATCH', headers, ages, 'merge-patch+json'),
  };
}

/**
 * Runs the image of the API alone.
 *
 * @param options of `docker run`
 * @returns once it responds
 */
export async function startApi(container: string, options: string[], env: NodeJS.ProcessEnv = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const variables = { ...ACCOUNTS, ...env };
  const set = Object.keys(variables).flatMap((name) => ['--env', name]);
  const run = ['run', '--detach', '--name', container, '--publish', `127.0.0.1:${port}:5000`];
  await docker([...run, ...set, ...options, `${PREFIX}/api:e2e`], variables);
  await eventually(() => fetch(`${url}/health/live`));
  return { ...apiAt(url), url, container };
}

/** Does something with an API that runs as `startApi` starts it, and removes it. */
export async function withApi(
  options: string[],
  act: (api: Awaited<ReturnType<typeof startApi>>) => Promise<void>,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const container = `${PREFIX}-api-alone`;
  try {
    await act(await startApi(container, options, env));
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
}
