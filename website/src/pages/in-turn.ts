/** Does something when it is its turn, and not at all once the signal is aborted. */
export type InTurn = <T>(signal: AbortSignal, act: () => Promise<T>) => Promise<T>;

/**
 * Lets only so many things be under way; the others wait. Who came last is next, so that those who
 * ask for thousands do not keep a visitor waiting who comes behind them.
 *
 * @throws the signal's reason (what it returns) when it is aborted before its turn
 */
export function createInTurn(most: number): InTurn {
  const waiting: (() => void)[] = [];
  let underWay = 0;

  function wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      waiting.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return async (signal, act) => {
    signal.throwIfAborted();
    if (underWay < most) underWay++;
    else await wait(signal);
    // The place is now this one's: it was free, or is handed on below.
    try {
      signal.throwIfAborted();
      return await act();
    } finally {
      const next = waiting.pop();
      if (next) next();
      else underWay--;
    }
  };
}
