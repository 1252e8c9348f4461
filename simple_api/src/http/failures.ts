/** Wrong guesses of an address, or an IPv6 network, in a minute. */
export const MAX_FAILURES = 100;

const MINUTE_MS = 60_000;

/** The least recent is forgotten first. */
const MAX_NETWORKS = 10_000;

/** @returns counts one more failure of a network, and returns after how many seconds it may fail again */
export function createFailureLimit(): (network: string) => number {
  const failures = new Map<string, { count: number; until: number }>();

  return (network) => {
    const now = performance.now(); // nobody can set it back
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
