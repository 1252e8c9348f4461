import { pause } from '../service/pause';
import type { Entry, Layout } from './layout';

type Compare = (a: Entry, b: Entry) => number;

const byName: Compare = (a, b) => compare(a.place, b.place);
const byKey: Compare = (a, b) => compare(a.key, b.key) || byName(a, b);

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Sorted in a step. */
const STEP_SIZE = 4_000;

export const byCodePoint = (layout: Layout) => sortInSteps(layout, byName);

const kept = new WeakMap<Layout, Promise<readonly Entry[]>>();

/** Sorted once for each state. */
export function forPeople(layout: Layout): Promise<readonly Entry[]> {
  const sorted = kept.get(layout) ?? sortInSteps(layout, byKey);
  kept.set(layout, sorted);
  return sorted;
}

async function sortInSteps({ entries }: Layout, compare: Compare): Promise<readonly Entry[]> {
  const all = [...entries.values()]; // now: the next change is made in place
  const runs: Entry[][] = [];
  for (let start = 0; start < all.length; start += STEP_SIZE) {
    runs.push(all.slice(start, start + STEP_SIZE).sort(compare));
    await pause();
  }
  return runs.flat().sort(compare); // quick, because it is made of sorted runs
}
