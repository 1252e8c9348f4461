/** A change must show within two seconds. */
const POLL_INTERVAL_MS = 400;

/**
 * Looks at a file now, and again and again: notifications do not come through every bind mount.
 *
 * @param look returns what is wrong
 * @returns what ends it, and waits for a look that is under way
 */
export async function follow(
  look: () => Promise<string | undefined>,
  report: (problem: string | undefined) => void,
): Promise<() => Promise<void>> {
  let isOpen = true;
  let underWay = Promise.resolve();
  let before = await look();
  report(before);

  async function lookAgain(): Promise<void> {
    const found = await look();
    // A file that is being written looks broken for a moment: a problem must be seen twice.
    if (found === undefined || found === before) report(found);
    before = found;
    lookLater();
  }

  function lookLater(): void {
    setTimeout(() => {
      if (isOpen) underWay = lookAgain();
    }, POLL_INTERVAL_MS).unref(); // it is the server that keeps the process alive
  }

  lookLater();
  return () => {
    isOpen = false;
    return underWay;
  };
}
