import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { startLoad, type Visit } from '../load';
import { WEBSITE_PORT } from './deployment';
import type { FaultRow } from './fault-table';
import { addressOf, type Node } from './swarm';

/** How many pages a second each node is asked for. */
export const PAGES_A_SECOND = 25;

/** How soon a page must be there, whatever happens to the API, in ms. */
const PAGE_MS = 3_000;

/** A page that takes longer is a slow one, in ms: a little less than what a silent replica costs. */
const SLOW_MS = 650;

/** What came of all loads, for the table. */
export const rows: FaultRow[] = [];

/** A visit, and on which node. */
export interface NodeVisit extends Visit {
  readonly node: Node;
}

/** What happens under a load. */
export interface Fault {
  /** What the table calls it. */
  readonly name: string;
  /** The nodes whose websites are visited. */
  readonly nodes: readonly Node[];
  /** The lists that a page may show, as {@link listOf} has them. */
  readonly lists: readonly string[];
  /** Lets it happen; returns after how long all was as it should be, in ms. */
  happen(): Promise<number>;
  /** Tells of which visits nothing is expected; asked when all has happened. */
  isExcused?(visit: NodeVisit): boolean;
}

/**
 * Lets something happen under a steady load, notes in {@link rows} what came of it, and asserts that
 * no page failed.
 *
 * @returns the visits, and when it began to happen, in ms since the epoch
 */
export async function underLoad(fault: Fault): Promise<{ visits: NodeVisit[]; start: number }> {
  const { name, nodes, lists, happen, isExcused = () => false } = fault;
  const isFailure = ({ status, text, ms }: Visit) =>
    status !== 200 || !lists.includes(listOf(text)) || ms > PAGE_MS;
  const loads = nodes.map((node) => ({ node, load: startLoad(pageOf(node), PAGES_A_SECOND) }));
  await sleep(1_000);

  const start = Date.now();
  let healed: number | undefined;
  let visits: NodeVisit[] = [];
  try {
    healed = await happen();
    await sleep(2_000);
  } finally {
    const all = loads.map(async ({ node, load }) =>
      (await load.stop()).map((visit) => ({ node, ...visit })),
    );
    visits = (await Promise.all(all)).flat().filter((visit) => !isExcused(visit));
    rows.push({
      fault: name,
      requests: visits.length,
      failures: visits.filter(isFailure).length,
      slowest: Math.max(...visits.map(({ ms }) => ms)),
      slowFor: Math.max(0, ...visits.filter(isSlow).map(({ at, ms }) => at + ms - start)),
      healed,
    });
  }
  expect(visits.length).toBeGreaterThan(nodes.length * PAGES_A_SECOND);
  const failures = visits.filter(isFailure).map(({ node, at, ms, status, text }) => {
    const [, title = text] = /<title>(.*)<\/title>/.exec(text) ?? [];
    return { node, after: at - start, ms, status, title, list: listOf(text) };
  });
  expect(failures.slice(0, 10)).toEqual([]);
  return { visits, start };
}

/** Tells whether a page took long. */
export function isSlow({ ms }: Visit): boolean {
  return ms > SLOW_MS;
}

/** Asks a node's website for the list; returns it as {@link listOf} has it. */
export async function listFrom(node: Node): Promise<string> {
  const answer = await fetch(pageOf(node), { signal: AbortSignal.timeout(PAGE_MS) });
  expect(answer.status).toBe(200);
  return listOf(await answer.text());
}

function pageOf(node: Node): string {
  return `${addressOf(node, WEBSITE_PORT)}/students`;
}

/** The list that a page shows, as JSON. */
function listOf(page: string): string {
  const students = page.matchAll(/<bdi>([^<]*)<\/bdi><\/th><td>(\d+) years old</g);
  return JSON.stringify(Object.fromEntries([...students].map(([, name, age]) => [name, age])));
}
