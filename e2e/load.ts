import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** One request of a load, and what came of it. */
export interface Visit {
  /** When it was sent, in ms since the epoch. */
  readonly at: number;
  /** How long it took to the end of the response, in ms. */
  readonly ms: number;
  /** The status code; 0 when there was no whole response. */
  readonly status: number;
  /** The body, or why there was none. */
  readonly text: string;
}

/**
 * Starts a load of so many requests a second, evenly spaced, on kept-alive connections. A slow response
 * does not hold up the next request, as with real visitors.
 *
 * @param url what to ask for, over HTTP
 * @param perSecond how many requests a second
 */
export function startLoad(url: string, perSecond: number, headers = {}) {
  const visits: Visit[] = [];
  const underWay = new Set<Promise<void>>();
  let isStopped = false;

  async function send(): Promise<void> {
    const start = Date.now();
    for (let sent = 1; !isStopped; sent++) {
      const visit = visitOnce(url, headers).then((done) => {
        visits.push(done);
        underWay.delete(visit);
      });
      underWay.add(visit);
      await sleep(Math.max(0, start + (sent * 1_000) / perSecond - Date.now()));
    }
  }
  const sending = send();

  return {
    /** What came of the requests that have ended so far. */
    visits: visits as readonly Visit[],
    /** Sends no more requests, and waits for those under way. */
    async stop(): Promise<readonly Visit[]> {
      isStopped = true;
      await sending;
      await Promise.all(underWay);
      return visits;
    },
  };
}

async function visitOnce(url: string, headers: Record<string, string>): Promise<Visit> {
  const at = Date.now();
  const end = (status: number, text: string) => ({ at, ms: Date.now() - at, status, text });
  try {
    const res = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) });
    return end(res.status, await res.text());
  } catch (error) {
    return end(0, inspect(error));
  }
}
