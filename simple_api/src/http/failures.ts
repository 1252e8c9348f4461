/** How many wrong guesses an address has a minute. */
export const MAX_FAILURES = 100;

const MINUTE_MS = 60_000;

/** Of how many addresses the failures are remembered: the least recent is forgotten first. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts failures by address. An IPv6 network (/48) counts as one address: whoever has it has all of
 * its addresses.
 *
 * @returns a function of the address of one more failure, which returns after how many seconds the
 *   address may fail again; 0 while it may
 */
export function createFailureLimit(): (address: string) => number {
  // By a clock that nobody can set back.
  const failures = new Map<string, { count: number; until: number }>();

  return (address) => {
    const [head = ''] = address.split('::');
    const isIpv4 = address.includes('.');
    const network = isIpv4 ? address : [...head.split(':'), '0', '0'].slice(0, 3).join(':');
    const now = performance.now();
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
