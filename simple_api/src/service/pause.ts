import { setImmediate as otherEvents } from 'node:timers/promises';

const STEP_MS = 5;

/** Those who pause go on one by one: all at once, their steps would be one. */
let turn: Promise<unknown> = Promise.resolve();
let end = 0;

/** Called again and again in long work: now and then, it lets requests be served. */
export function pause(): Promise<void> | undefined {
  if (performance.now() < end) return undefined;
  turn = turn.then(() => otherEvents());
  return turn.then(() => {
    end = performance.now() + STEP_MS;
  });
}
