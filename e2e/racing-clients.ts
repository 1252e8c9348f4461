import { setTimeout as sleep } from 'node:timers/promises';
import type { Age, startApi } from './api';
import { createHistory, type Fate } from './history';

type Api = Awaited<ReturnType<typeof startApi>>;

/** How many write, each to names of its own, and how many read through each API. */
const [WRITERS, NAMES, READERS] = [16, 4, 2];

/** What is known of one student: not on the list, or an age, or null, nothing. */
type Known = Age | undefined | null;

/** Changes students, some with a condition. @returns the response, and the statuses of one that does it */
async function change(api: Api, names: readonly string[], was: Known, age: Age | undefined) {
  const [name = '', ...others] = names;
  if (others.length > 0) {
    const ages = Object.fromEntries(names.map((it) => [it, age ?? null]));
    return { ...(await api.patch(ages)), done: [200] };
  }
  if (age === undefined) {
    return { ...(await api.remove(name)), done: was === null ? [204, 404] : [204] };
  }
  const condition =
    was === undefined ? { 'If-None-Match': '*' } : { 'If-Match': `"number-${was}"` };
  const headers = was === null || Math.random() < 0.5 ? {} : condition;
  const done = was === null ? [200, 201] : [was === undefined ? 201 : 200];
  return { ...(await api.put(name, age, headers)), done };
}

/** @throws Error for a response that there must not be */
function fateOf({ status, text, done }: Awaited<ReturnType<typeof change>>): Fate {
  if (done.includes(status)) return 'done';
  if (status === 503 && text.includes('Nothing was changed: ')) return 'refused';
  if (status === 504 && text.includes('It is not certain')) return 'unknown';
  throw new Error(`${status} ${text}`);
}

/** Has clients write and read as fast as it goes, through all APIs of one list, which is empty. */
export function startClients(apis: readonly Api[]) {
  const history = createHistory();
  let isOver = false;

  async function write(client: number): Promise<void> {
    const known = new Map<string, Known>();
    for (let count = 0; !isOver; count++) {
      const name = `client ${client}, ${count % NAMES}`;
      const names = client % 4 === 0 ? [name, `${name}, too`] : [name];
      const was = known.get(name);
      const age = was !== undefined && Math.random() < 0.2 ? undefined : count % 151;
      const api = apis[Math.floor(Math.random() * apis.length)];
      await history.write(names, age, async () => {
        const response = api && (await change(api, names, was, age).catch(() => undefined));
        const fate = response ? fateOf(response) : 'unknown';
        if (fate !== 'refused') known.set(name, fate === 'done' ? age : null);
        if (fate !== 'done') await sleep(20);
        return fate;
      });
    }
  }
  async function read({ getAges }: Api): Promise<void> {
    while (!isOver) await history.read(getAges).catch(() => sleep(20));
  }
  const readers = Array.from({ length: READERS }, () => apis.map(read)).flat();
  const clients = Promise.all([...Array.from({ length: WRITERS }, (_, i) => write(i)), ...readers]);
  clients.catch(() => {}); // stop() says so

  return {
    /** Checks all that they have seen, and what the APIs have now. @returns it in numbers */
    async stop(): Promise<string> {
      isOver = true;
      await clients;
      for (const { getAges } of apis) await history.read(getAges);
      return history.check();
    },
  };
}
