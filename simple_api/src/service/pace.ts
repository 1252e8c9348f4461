import { setImmediate as otherEvents } from 'node:timers/promises';

/** How long a step may take, in ms. */
const STEP_MS = 5;

/** Divides long work into steps, between which requests are served. */
export interface Pace {
  /** Called again and again: now and then, it lets other events through. */
  pause(): Promise<void> | undefined;
}

/** Those who pause go on one by one: all at once, their steps would be one. */
let turn: Promise<unknown> = Promise.resolve();

export function createPace(): Pace {
  let end = performance.now() + STEP_MS;
  return {
    pause() {
      if (performance.now() < end) return undefined;
      turn = turn.then(() => otherEvents());
      return turn.then(() => {
        end = performance.now() + STEP_MS;
      });
    },
  };
}
