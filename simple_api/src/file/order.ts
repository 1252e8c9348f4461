import { byCodePoint } from '../students/order';
import type { Entry } from './layout';

type Compare = (a: Entry, b: Entry) => number;

const byName: Compare = (a, b) => byCodePoint(a.name, b.name);
const byKey: Compare = (a, b) => byCodePoint(a.key, b.key) || byName(a, b);

/** The students of one state in both orders, each made when it is first asked for. */
export interface Orders {
  readonly byCodePoint: Order;
  readonly forPeople: Order;
}

interface Order {
  get(): readonly Entry[];
  /** Undefined while nobody has asked for it. */
  readonly known: readonly Entry[] | undefined;
}

/**
 * @param entries those that were there before first
 * @param before the orders of the state that this one was made from: nearly sorted is quickly sorted
 */
export function createOrders(entries: ReadonlyMap<string, Entry>, before?: Orders): Orders {
  return {
    byCodePoint: createOrder(entries, byName, before?.byCodePoint.known),
    forPeople: createOrder(entries, byKey, before?.forPeople.known),
  };
}

function createOrder(
  entries: ReadonlyMap<string, Entry>,
  compare: Compare,
  before: readonly Entry[] = [],
): Order {
  let [sorted, nearly]: (readonly Entry[] | undefined)[] = [undefined, before];
  return {
    get() {
      if (sorted) return sorted;
      const next: Entry[] = [];
      for (const { name } of nearly ?? []) {
        const entry = entries.get(name);
        if (entry) next.push(entry);
      }
      nearly = undefined; // an old state is not kept for it
      sorted = next.concat([...entries.values()].slice(next.length)).sort(compare);
      return sorted;
    },
    get known() {
      return sorted;
    },
  };
}
