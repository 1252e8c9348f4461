import type { Pause } from '../service/pause';
import type { Entry } from './layout';

type Compare = (a: Entry, b: Entry) => number;

const byName: Compare = (a, b) => compare(a.place, b.place);
const byKey: Compare = (a, b) => compare(a.key, b.key) || byName(a, b);

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Sorted in a step. */
const STEP_SIZE = 4_000;

/** The two orders that a list has. What was sorted once is quickly sorted again after an edit. */
export type Orders = Awaited<ReturnType<typeof createOrders>>;

export async function createOrders(entries: ReadonlyMap<string, Entry>, pause: Pause) {
  return {
    byCodePoint: await createOrder(entries, byName, pause),
    forPeople: await createOrder(entries, byKey, pause),
  };
}

async function createOrder(entries: ReadonlyMap<string, Entry>, compare: Compare, pause: Pause) {
  let sorted: readonly Entry[] = await sortInSteps(entries, compare, pause);
  let isSorted = true;
  return {
    get() {
      if (!isSorted) sorted = update(sorted, entries).sort(compare);
      isSorted = true;
      return sorted;
    },
    /** The entries have been edited. */
    invalidate(): void {
      isSorted = false;
    },
  };
}

async function sortInSteps(entries: ReadonlyMap<string, Entry>, compare: Compare, pause: Pause) {
  const all = [...entries.values()];
  const runs: Entry[][] = [];
  for (let start = 0; start < all.length; start += STEP_SIZE) {
    runs.push(all.slice(start, start + STEP_SIZE).sort(compare));
    await pause();
  }
  return runs.flat().sort(compare); // quick, because it is made of sorted runs
}

/** Those that were there before in the order of then. */
function update(before: readonly Entry[], entries: ReadonlyMap<string, Entry>): Entry[] {
  const kept = before.flatMap(({ name }) => entries.get(name) ?? []);
  if (kept.length === entries.size) return kept;
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...[...entries.values()].filter(({ name }) => !names.has(name))];
}
