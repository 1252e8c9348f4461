import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats an assertion until it holds.
 *
 * @param within how long to try, in ms
 * @param every how long to wait between two tries, in ms
 * @returns what the assertion returns
 * @throws what the assertion throws when it still fails then
 */
export async function eventually<T>(
  within: number,
  assertion: () => T | Promise<T>,
  every = 50,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(every);
    }
  }
}
