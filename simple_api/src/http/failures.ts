import { networkOf } from '../service/network';

/** How many wrong guesses an address has a minute. */
export const MAX_FAILURES = 100;

const MINUTE_MS = 60_000;

/** Of how many addresses the failures are remembered: the least recent is forgotten first. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts failures by address, or network of IPv6.
 *
 * @returns a function of the address of one more failure, which returns after how many seconds the
 *   address may fail again; 0 while it may
 */
export function createFailureLimit(): (address: string | undefined) => number {
  const failures = new Map<string, { count: number; until: number }>();

  return (address) => {
    const network = networkOf(address);
    const now = performance.now(); // nobody can set this clock back
    const known = failures.get(network);
    const entry = known && now < known.until ? known : { count: 0, until: now + MINUTE_MS };
    entry.count++;
    failures.delete(network);
    failures.set(network, entry);
    const [leastRecent] = failures.keys();
    if (failures.size > MAX_ADDRESSES && leastRecent !== undefined) failures.delete(leastRecent);
    return entry.count > MAX_FAILURES ? Math.ceil((entry.until - now) / 1_000) : 0;
  };
}
