import { setTimeout as sleep } from 'node:timers/promises';

/** How long one try may take, in ms: Docker accepts for a container that does not listen yet. */
const TRY_MS = 10_000;

/**
 * Repeats an assertion until it holds. A try that takes longer than ten seconds has failed.
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
      return await Promise.race([assertion(), tooLong()]);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(every);
    }
  }
}

async function tooLong(): Promise<never> {
  await sleep(TRY_MS, undefined, { ref: false });
  throw new Error(`nothing happened within ${TRY_MS} ms`);
}
