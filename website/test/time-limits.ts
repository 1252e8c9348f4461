import { jest } from '@jest/globals';

/** Makes time limits end when a test says so, however slow the machine is. */
export function holdTimeLimits() {
  const limits: [ms: number, AbortController][] = [];
  const spy = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    limits.push([ms, controller]);
    return controller.signal;
  });
  return {
    /** Ends all limits of so many ms that there are. */
    end(wanted: number) {
      for (const [ms, controller] of limits) if (ms === wanted) controller.abort();
    },
    restore: () => spy.mockRestore(),
  };
}
