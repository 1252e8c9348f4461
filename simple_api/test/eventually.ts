import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats an assertion until it holds.
 *
 * @param within how long to try, in ms: also on a slow machine
 * @returns what it returns
 * @throws what the assertion throws when it still fails then
 */
export async function eventually<T>(assertion: () => T | Promise<T>, within = 20_000): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}
