/** Does something when it is its turn, and not at all once the signal is aborted. */
export type InTurn = <T>(signal: AbortSignal, act: () => Promise<T>) => Promise<T>;

/**
 * Lets only so many things be under way; the others wait. Who came last is next, so that those who
 * ask for thousands do not keep a visitor waiting who comes behind them.
 *
 * @throws the signal's reason (what it returns) when it is aborted before its turn
 */
export function createInTurn(most: number): InTurn {
  const waiting = new Set<() => void>();
  let underWay = 0;
  return async (signal, act) => {
    if (underWay < most) underWay++;
    else {
      await new Promise<void>((enter, leave) => {
        waiting.add(enter);
        signal.addEventListener('abort', () => waiting.delete(enter) && leave(signal.reason));
      });
    }
    try {
      signal.throwIfAborted();
      return await act();
    } finally {
      const next = [...waiting].pop() ?? (() => underWay--);
      waiting.delete(next);
      next();
    }
  };
}
