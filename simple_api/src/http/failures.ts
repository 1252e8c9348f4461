/** How many wrong guesses an address, or an IPv6 network, has a minute. */
export const MAX_FAILURES = 100;

const MINUTE_MS = 60_000;

/** Of how many networks the failures are remembered: the least recent is forgotten first. */
const MAX_NETWORKS = 10_000;

/**
 * Counts failures by the network that they come from.
 *
 * @returns a function of the network of one more failure, which returns after how many seconds that
 *   may fail again; 0 while it may
 */
export function createFailureLimit(): (network: string) => number {
  // By a clock that nobody can set back.
  const failures = new Map<string, { count: number; until: number }>();

  return (network) => {
    const now = performance.now();
    const known = failures.get(network);
    const entry = known && now < known.until ? known : { count: 0, until: now + MINUTE_MS };
    entry.count++;
    failures.delete(network);
    failures.set(network, entry);
    const [leastRecent] = failures.keys();
    if (failures.size > MAX_NETWORKS && leastRecent !== undefined) failures.delete(leastRecent);
    return entry.count > MAX_FAILURES ? Math.ceil((entry.until - now) / 1_000) : 0;
  };
}
