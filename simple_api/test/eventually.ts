import { setTimeout as sleep } from 'node:timers/promises';

/** How long a change of the list may take to show, in ms: the contract's two seconds. */
const DEADLINE_MS = 2_000;

/**
 * Repeats an assertion until it holds.
 *
 * @throws what the assertion throws when it still fails after two seconds
 */
export async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}
