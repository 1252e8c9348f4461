/** What is asked for, or, where that takes longer, what is done instead. */
export function within<T>(ms: number, asked: Promise<T>, instead: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([asked, tooLate.then(instead)]).finally(() => clearTimeout(timer));
}
