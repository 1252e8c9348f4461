import { setImmediate as otherEvents } from 'node:timers/promises';

/**
 * Lets all who ask share one question. Nobody joins one that is under way, but the next one: so whoever
 * asks after a change sees it in the answer.
 *
 * @param limit to the time that those wait who ask, also while the question before is under way
 */
export function shareNext<T>(
  ask: () => Promise<T>,
  limit = (asked: Promise<T>) => asked,
): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  async function begin() {
    await otherEvents(); // what others ask for at the same time
    next = undefined;
    return ask();
  }

  return () => {
    next ??= limit(last.then(begin, begin));
    last = next;
    return next;
  };
}
