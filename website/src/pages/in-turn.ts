export type InTurn = <T>(signal: AbortSignal, act: () => Promise<T>) => Promise<T>;

/**
 * Lets only so many things be under way; the others wait, unless their signal is aborted. Who came last
 * is next, so that those who ask for thousands do not keep a visitor waiting who comes behind them.
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
