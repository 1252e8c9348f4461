import { setTimeout as sleep } from 'node:timers/promises';

/** How long one try may take, in ms: Docker accepts for a container that does not listen yet. */
const TRY_MS = 20_000;

/**
 * Repeats an assertion until it holds.
 *
 * @param within how long to try, in ms
 * @returns what the assertion returns
 * @throws what the assertion throws when it still fails then
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  within = 60_000,
): Promise<Awaited<T>> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await Promise.race([assertion(), tooLong()]);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function tooLong(): Promise<never> {
  await sleep(TRY_MS, undefined, { ref: false });
  throw new Error(`nothing happened within ${TRY_MS} ms`);
}
