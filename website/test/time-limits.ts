import { jest } from '@jest/globals';
import { closeAfter } from '../../simple_api/test/closing';

/** Makes time limits end when a test says so, however slow the machine is. */
export function holdTimeLimits() {
  const limits: AbortController[] = [];
  const spy = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    if (!Number.isInteger(ms)) throw new RangeError('It must be an integer'); // as in Node.js
    const controller = new AbortController();
    limits.push(controller);
    return controller.signal;
  });
  closeAfter(() => spy.mockRestore());
  return {
    /** Ends all that there are, instead of an answer. */
    end() {
      for (const limit of limits) limit.abort();
    },
  };
}
