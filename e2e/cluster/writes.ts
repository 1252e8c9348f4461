import { setTimeout as sleep } from 'node:timers/promises';
import { basicAuth, EDITOR } from '../api';
import type { Visit } from '../load';
import { type Node, websiteOf } from './swarm';

/** How many students a second are added on each node. */
const WRITES_A_SECOND = 2;

/** The names of those who are added; no other student's begins so, and they come last. */
export const ADDED = 'Zz ';

/** Adds students on the page of a node, one after the other, as an editor does. */
export function startWrites(node: Node) {
  const writes: (Visit & { name: string })[] = [];
  let isStopped = false;

  async function add(name: string) {
    const at = Date.now();
    const end = (status: number) => ({ at, ms: Date.now() - at, status, text: '', name });
    try {
      const { status } = await fetch(`${websiteOf(node)}/manage`, {
        method: 'POST',
        headers: { Authorization: basicAuth(EDITOR) },
        body: new URLSearchParams({ name, age: '20' }),
        redirect: 'manual',
        signal: AbortSignal.timeout(15_000),
      });
      return end(status);
    } catch {
      return end(0);
    }
  }

  async function addAll(): Promise<void> {
    for (let count = 0; !isStopped; count++) {
      const [written] = await Promise.all([
        add(`${ADDED}${node} ${Date.now()} ${count}`),
        sleep(1_000 / WRITES_A_SECOND),
      ]);
      writes.push(written);
    }
  }
  const adding = addAll();

  return async () => {
    isStopped = true;
    await adding;
    return writes;
  };
}

/** Whether a student was added; where not, it may be all the same, unless that was refused. */
export const isSaved = ({ status }: Visit): boolean => status === 303;

/** Who was added, by the file of a node. @throws Error while there is none */
export async function addedBy(node: Node): Promise<ReadonlySet<string>> {
  const response = await fetch(`${websiteOf(node)}/students.csv?name=zz`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
  return new Set(text.match(new RegExp(`${ADDED}[0-9 ]+`, 'g')));
}
