import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { startLoad, type Visit } from '../load';
import { NODES, type Node, websiteOf } from './swarm';

/** How many pages a second each node is asked for. */
const PAGES_A_SECOND = 25;

/** A page that takes longer is a slow one, in ms: a visitor notices. */
const SLOW_MS = 500;

/** A page that was asked for, and on which node. */
export interface NodeVisit extends Visit {
  readonly node: Node;
}

/** What happens under load. */
export interface Fault {
  /** What the table calls it. */
  readonly name: string;
  /** The nodes whose websites are visited; all unless given. */
  readonly nodes?: readonly Node[];
  /** The lists that a page may show, in the form of {@link listOf}. */
  readonly lists: readonly string[];
  /** Makes it happen and returns after how long all was as it should be, in ms. */
  happen(): Promise<number>;
  /** Tells which visits do not count; called after all has happened. */
  isExcused?(visit: NodeVisit): boolean;
}

const table = [
  ['fault', 'requests', 'failures', 'slowest (ms)', 'slow pages for (s)', 'time to heal (s)'],
  ['---', '---:', '---:', '---:', '---:', '---:'],
];

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
 */
export async function underLoad(fault: Fault): Promise<void> {
  const { name, nodes = NODES, lists, happen, isExcused = () => false } = fault;
  const loads = nodes.map((node) => ({ node, load: startLoad(pageOf(node), PAGES_A_SECOND) }));
  await sleep(1_000);

  const start = Date.now();
  const happened = happen().finally(() => sleep(2_000));
  const [outcome] = await Promise.allSettled([happened]);
  const all = loads.map(async ({ node, load }) =>
    (await load.stop()).map((visit) => ({ node, ...visit })),
  );
  const visits = (await Promise.all(all)).flat().filter((visit) => !isExcused(visit));
  const failures = visits.filter(
    ({ status, text }) => status !== 200 || !lists.includes(listOf(text)),
  );
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  table.push([
    name,
    String(visits.length),
    String(failures.length),
    String(Math.max(...visits.map(({ ms }) => ms))),
    seconds(Math.max(0, ...visits.filter(isSlow).map(({ at, ms }) => at + ms - start))),
    outcome.status === 'fulfilled' ? seconds(outcome.value) : 'never',
  ]);
  if (outcome.status === 'rejected') throw outcome.reason;
  expect(visits.length).toBeGreaterThan(nodes.length * PAGES_A_SECOND);
  const seen = failures.map(({ node, at, ms, status, text }) => {
    const [, title = text] = /<title>(.*)<\/title>/.exec(text) ?? [];
    return { node, after: at - start, ms, status, title, list: listOf(text) };
  });
  expect(seen.slice(0, 10)).toEqual([]);
}

/** Tells whether a page took long. */
function isSlow({ ms }: Visit): boolean {
  return ms > SLOW_MS;
}

/** Asks a node's website for the list, in the form of {@link listOf}. */
export async function listFrom(node: Node): Promise<string> {
  const response = await fetch(pageOf(node));
  expect(response.status).toBe(200);
  return listOf(await response.text());
}

function pageOf(node: Node): string {
  return `${websiteOf(node)}/students`;
}

/** The list that a page shows, as JSON: an object of names and ages. */
function listOf(page: string): string {
  const students = page.matchAll(/<bdi>([^<]*)<\/bdi>\D*(\d+) years old/g);
  return JSON.stringify(Object.fromEntries([...students].map(([, name, age]) => [name, age])));
}
