import { isFiltered, type StudentQuery } from '../students/address';

/** How many queries are under way in each line. */
const MOST = 2;

/** Waits for a turn, and does something, unless the signal is aborted before. */
export type InTurn = <T>(
  query: StudentQuery,
  signal: AbortSignal,
  act: () => Promise<T>,
) => Promise<T>;

/** Lets few queries be under way. Those with a filter have a line of their own, however many are invented. */
export function createInTurn(): InTurn {
  const [ofAll, filtered] = [createLine(), createLine()];
  return (query, ...task) => (isFiltered(query) ? filtered : ofAll)(...task);
}

function createLine() {
  const waiting = new Set<() => void>();
  let underWay = 0;

  return async <T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> => {
    if (underWay < MOST) underWay++;
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
      const [next = () => underWay--] = waiting;
      waiting.delete(next);
      next();
    }
  };
}
