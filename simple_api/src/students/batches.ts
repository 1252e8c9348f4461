import { setImmediate as otherEvents, setTimeout as sleep } from 'node:timers/promises';

/**
 * Gives items to a worker, which returns a result for each: all that come meanwhile share the next call.
 *
 * @param rest between two calls, as a factor of the time that the first one took: with 1, other work keeps
 *   half of the processor
 */
export function createBatches<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  rest: number,
): (item: Item) => Promise<Result> {
  let waiting: Item[] = [];
  let next: Promise<readonly Result[]> | undefined;
  let rested: Promise<unknown> = Promise.resolve();

  async function workOnAll(): Promise<readonly Result[]> {
    await rested;
    await otherEvents(); // what others ask for at the same time
    const [items, start] = [waiting, performance.now()];
    waiting = [];
    next = undefined;
    const done = work(items);
    rested = done.catch(() => {}).then(() => restFor(rest * (performance.now() - start)));
    return done;
  }

  return async (item) => {
    const place = waiting.push(item) - 1;
    next ??= workOnAll();
    const result = (await next)[place];
    if (result === undefined) throw new Error('nothing came of an item');
    return result;
  };
}

/** The shortest sleep takes 1 ms. */
async function restFor(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
