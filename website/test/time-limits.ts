import { jest } from '@jest/globals';
import { closeAfter } from '../../simple_api/test/closing';

/** Makes time limits end when a test says so, however slow the machine is. */
export function holdTimeLimits() {
  const limits: [ms: number, AbortController][] = [];
  const spy = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    limits.push([ms, controller]);
    return controller.signal;
  });
  closeAfter(() => spy.mockRestore());
  return {
    /** Ends all limits of so many ms that there are. */
    end(wanted: number): true {
      for (const [ms, controller] of limits) if (ms === wanted) controller.abort();
      return true;
    },
  };
}
