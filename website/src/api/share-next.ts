import { setImmediate as otherEvents } from 'node:timers/promises';

/**
 * Lets all who ask share one question. Nobody joins one that is under way, but the next one: so whoever
 * asks after a change sees it in the answer.
 */
export function shareNext<T>(ask: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  async function askInTurn(before: Promise<unknown>): Promise<T> {
    await before.catch(() => {});
    await otherEvents(); // what others ask for at the same time
    next = undefined;
    const answer = ask();
    underWay = answer;
    return answer;
  }

  return () => {
    next ??= askInTurn(underWay);
    return next;
  };
}
