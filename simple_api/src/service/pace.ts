import { setImmediate as otherEvents } from 'node:timers/promises';

const STEP_MS = 5;

/** Called again and again in long work: now and then, it lets requests be served. */
export type Pause = () => Promise<void> | undefined;

export function createPause(): Pause {
  let end = performance.now() + STEP_MS;
  return () => {
    if (performance.now() < end) return undefined;
    return otherEvents().then(() => {
      end = performance.now() + STEP_MS;
    });
  };
}
