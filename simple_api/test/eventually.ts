import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats an assertion until it holds.
 *
 * @throws what the assertion throws when it still fails after two seconds, the time in which a change
 *   of the list must show
 */
export async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}
