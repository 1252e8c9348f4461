import { setImmediate as otherEvents, setTimeout as sleep } from 'node:timers/promises';
import type { Change, Outcome } from './change';

/** Of the changes of a call, unless one alone has more. */
const MAX_STUDENTS = 50_000;

interface Waiting<Wanted> {
  readonly wanted: Wanted;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Gives changes to a writer, which returns an outcome for each: all that come meanwhile share the next call,
 * or, where they are too much for one, the next ones.
 *
 * @param rest between two calls, as a factor of the time that the first one took: with 1, other work keeps
 *   half of the processor
 */
export function createBatches<Wanted extends Change>(
  write: (changes: readonly Wanted[]) => Promise<readonly Outcome[]>,
  rest: number,
): (wanted: Wanted) => Promise<Outcome> {
  const waiting: Waiting<Wanted>[] = [];
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
    let [count, students] = [0, 0];
    for (const { wanted } of waiting) {
      students += wanted.ages.size;
      if (count > 0 && students > MAX_STUDENTS) break;
      count++;
    }
    return count;
  }

  return (wanted) =>
    new Promise((resolve, reject) => {
      waiting.push({ wanted, resolve, reject });
      if (!isWorking) void workOnAll();
    });

  async function workOn(taken: readonly Waiting<Wanted>[]): Promise<void> {
    try {
      const outcomes = await write(taken.map(({ wanted }) => wanted));
      for (const [i, { resolve, reject }] of taken.entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined) reject(new Error('nothing came of a change'));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  }
}
