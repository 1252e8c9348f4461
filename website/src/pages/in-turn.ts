/** @param sent how many bytes the one who waits has been sent before */
export type InTurn = <T>(signal: AbortSignal, sent: number, act: () => Promise<T>) => Promise<T>;

/**
 * Lets only so many things be under way; the others wait, unless their signal is aborted. Who has been sent
 * the least is next, so that connections that ask for thousands do not keep a visitor waiting.
 */
export function createInTurn(most: number): InTurn {
  const waiting = new Map<() => void, number>();
  let underWay = 0;

  function next(): (() => void) | undefined {
    const least = Math.min(...waiting.values());
    for (const [enter, sent] of waiting) if (sent === least) return enter;
    return undefined;
  }

  return async (signal, sent, act) => {
    if (underWay < most) underWay++;
    else {
      await new Promise<void>((enter, leave) => {
        waiting.set(enter, sent);
        signal.addEventListener('abort', () => waiting.delete(enter) && leave(signal.reason));
      });
    }
    try {
      signal.throwIfAborted();
      return await act();
    } finally {
      const enter = next();
      if (enter) {
        waiting.delete(enter);
        enter();
      } else underWay--;
    }
  };
}
