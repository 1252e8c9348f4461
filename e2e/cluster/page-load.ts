import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually } from '../eventually';
import { startLoad, type Visit } from '../load';
import { NODES, type Node, websiteOf } from './swarm';
import { ADDED, addedBy, isSaved, startWrites } from './writes';

/** How many pages a second each node is asked for. */
const PAGES_A_SECOND = 25;

/** A page that takes longer is a slow one, in ms: a visitor notices. */
const SLOW_MS = 500;

const HEADINGS = [
  'fault',
  'pages',
  'failed',
  'of before',
  'slowest (ms)',
  'slow for (s)',
  'writes',
  'not saved',
  'not saved for (s)',
  'lost',
  'time to heal (s)',
];
const table = [HEADINGS, HEADINGS.map((_, index) => (index ? '---:' : '---'))];

/**
 * What came of all faults so far, as a table in Markdown. Slow pages are counted from the fault to the
 * end of the last one.
 */
export function faultTable(): string {
  return table.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/**
 * Makes something happen under a steady load, adds the outcome to the table, and asserts that no page
 * failed.
 *
 * @param name what the table calls it
 * @param happen makes it happen and returns after how long all was as it should be, in ms
 * @param lists that a page may show, in the form of `listOf`
 * @param nodes whose websites are visited
 * @param isExcused tells which visits do not count; called after all has happened
 */
export async function underLoad(
  name: string,
  happen: () => Promise<number>,
  lists: readonly string[],
  nodes: readonly Node[] = NODES,
  isExcused: (visit: Visit, node: Node) => boolean = () => false,
): Promise<void> {
  const loads = nodes.map((node) => ({ node, load: startLoad(pageOf(node), PAGES_A_SECOND) }));
  const writers = nodes.map((node) => ({ node, stop: startWrites(node) }));
  await sleep(1_000);
  const start = Date.now();
  const [outcome] = await Promise.allSettled([happen().finally(() => sleep(2_000))]);
  const all = loads.map(async ({ node, load }) =>
    (await load.stop()).filter((visit) => !isExcused(visit, node)),
  );
  const written = writers.map(async ({ node, stop }) =>
    (await stop()).filter((write) => !isExcused(write, node)),
  );
  const visits = (await Promise.all(all)).flat();
  const writes = (await Promise.all(written)).flat();
  const old = visits.filter(({ text }) => listOf(text) === OLD);
  const right = [...lists, OLD];
  const failures = visits.filter(
    ({ status, text }) => status !== 200 || !right.includes(listOf(text)),
  );
  const notSaved = writes.filter((write) => !isSaved(write));
  const lost = await eventually(async () => {
    const added = await addedBy(1);
    return writes.filter((write) => isSaved(write) && !added.has(write.name));
  });
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const slow = visits.filter(({ ms }) => ms > SLOW_MS).map(({ at, ms }) => at + ms - start);
  table.push([
    name,
    String(visits.length),
    String(failures.length),
    String(old.length),
    String(Math.max(...visits.map(({ ms }) => ms))),
    seconds(Math.max(0, ...slow)),
    String(writes.length),
    String(notSaved.length),
    seconds(spanOf(notSaved)),
    String(lost.length),
    outcome.status === 'fulfilled' ? seconds(outcome.value) : 'never',
  ]);
  if (outcome.status === 'rejected') throw outcome.reason;
  expect(visits.length).toBeGreaterThan(nodes.length * PAGES_A_SECOND);
  expect(failures.slice(0, 10)).toEqual([]);
  expect(lost).toEqual([]);
  expect(writes.some(isSaved)).toBe(true);
}

/** From the first of them to the end of the last, in ms. */
function spanOf(visits: readonly Visit[]): number {
  const ends = visits.map(({ at, ms }) => at + ms);
  return visits.length ? Math.max(...ends) - Math.min(...visits.map(({ at }) => at)) : 0;
}

/** Asks a node's website for the list, in the form of {@link listOf}. */
export async function listFrom(node: Node): Promise<string> {
  const response = await fetch(pageOf(node));
  expect(response.status).toBe(200);
  return listOf(await response.text());
}

const pageOf = (node: Node) => `${websiteOf(node)}/students`;

const OLD = 'a page of before';

/** The list that a page shows, as JSON: an object of names and ages, but for those who are added meanwhile. */
function listOf(page: string): string {
  if (page.includes('has not been reachable')) return OLD;
  const students = page.matchAll(/<bdi>([^<]*)<\/bdi>\D*(\d+) years old/g);
  const shown = Array.from(students, ([, name = '', age]) => [name, age] as const);
  return JSON.stringify(Object.fromEntries(shown.filter(([name]) => !name.startsWith(ADDED))));
}
