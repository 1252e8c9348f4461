import { setImmediate as otherEvents, setTimeout as sleep } from 'node:timers/promises';

/** Of the items of a call, unless one alone weighs more. */
const MAX_WEIGHT = 50_000;

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Gives items to a worker, which returns a result for each: all that come meanwhile share the next call, or,
 * where they are too much for one, the next ones.
 *
 * @param rest between two calls, as a factor of the time that the first one took: with 1, other work keeps
 *   half of the processor
 * @param weigh an item
 */
export function createBatches<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  rest: number,
  weigh: (item: Item) => number,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let isWorking = false;

  async function workOnAll(): Promise<void> {
    isWorking = true;
    while (waiting.length > 0) {
      await otherEvents(); // what others ask for at the same time
      const start = performance.now();
      await workOn(waiting.splice(0, countThatFit()));
      const ms = rest * (performance.now() - start);
      if (ms > 0) await sleep(ms); // the shortest takes 1 ms
    }
    isWorking = false;
  }

  function countThatFit(): number {
    let [count, weight] = [0, 0];
    for (const { item } of waiting) {
      weight += weigh(item);
      if (count > 0 && weight > MAX_WEIGHT) break;
      count++;
    }
    return count;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWorking) void workOnAll();
    });

  async function workOn(taken: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(taken.map(({ item }) => item));
      for (const [index, { resolve, reject }] of taken.entries()) {
        const result = results[index];
        if (result === undefined) reject(new Error('nothing came of an item'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  }
}
