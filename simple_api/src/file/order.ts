import type { Pace } from '../service/pace';
import { byCodePoint } from '../students/order';
import type { Entry } from './layout';

type Compare = (a: Entry, b: Entry) => number;

const byName: Compare = (a, b) => byCodePoint(a.name, b.name);
const byKey: Compare = (a, b) => byCodePoint(a.key, b.key) || byName(a, b);

/** How many students are sorted in a step. */
const STEP_SIZE = 4_000;

/** The students of the state that is served in both orders. */
export interface Orders {
  readonly byCodePoint: Order;
  readonly forPeople: Order;
}

interface Order {
  /** Sorts them, when it is asked for the first time. */
  get(): readonly Entry[];
  /** The order of this state, or of one before. */
  latest(): readonly Entry[];
}

export async function sortEntries(
  entries: ReadonlyMap<string, Entry>,
  pace: Pace,
): Promise<Orders> {
  const inSteps = async (compare: Compare) => {
    const all = [...entries.values()];
    const runs: Entry[][] = [];
    for (let start = 0; start < all.length; start += STEP_SIZE) {
      runs.push(all.slice(start, start + STEP_SIZE).sort(compare));
      await pace.pause();
    }
    return runs.flat().sort(compare); // quick: it is in runs that are sorted
  };
  const [names, keys] = [await inSteps(byName), await inSteps(byKey)];
  return {
    byCodePoint: createOrder(entries, byName, names),
    forPeople: createOrder(entries, byKey, keys),
  };
}

/** @param before the orders of a state before; what is nearly sorted is quickly sorted */
export function sortAgain(entries: ReadonlyMap<string, Entry>, before: Orders): Orders {
  return {
    byCodePoint: createOrder(entries, byName, before.byCodePoint.latest()),
    forPeople: createOrder(entries, byKey, before.forPeople.latest()),
  };
}

function createOrder(
  entries: ReadonlyMap<string, Entry>,
  compare: Compare,
  nearly: readonly Entry[],
): Order {
  let sorted: readonly Entry[] | undefined;
  return {
    get() {
      sorted ??= update(nearly, entries).sort(compare);
      return sorted;
    },
    latest: () => sorted ?? nearly,
  };
}

/** The entries, those that were there before in the order of then. */
function update(before: readonly Entry[], entries: ReadonlyMap<string, Entry>): Entry[] {
  const next: Entry[] = [];
  for (const { name } of before) {
    const entry = entries.get(name);
    if (entry) next.push(entry);
  }
  if (next.length < entries.size) {
    const names = new Set(next.map(({ name }) => name));
    for (const entry of entries.values()) if (!names.has(entry.name)) next.push(entry);
  }
  return next;
}
