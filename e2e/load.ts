import { Agent, get, type OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

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
export function startLoad(url: string, perSecond: number, headers: OutgoingHttpHeaders = {}) {
  // Only with a time limit of its own does an agent heed the server's, and close an idle connection
  // before the server does.
  const agent = new Agent({ keepAlive: true, maxSockets: 500, timeout: 10_000 });
  const visits: Visit[] = [];
  const underWay = new Set<Promise<void>>();
  let isStopped = false;

  async function send(): Promise<void> {
    const start = Date.now();
    for (let sent = 1; !isStopped; sent++) {
      const visit = visitOnce(url, agent, headers).then((done) => {
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
      agent.destroy();
      return visits;
    },
  };
}

function visitOnce(url: string, agent: Agent, headers: OutgoingHttpHeaders): Promise<Visit> {
  const at = Date.now();
  return new Promise((resolve) => {
    const end = (status: number, text: string) =>
      resolve({ at, ms: Date.now() - at, status, text });
    const req = get(url, { agent, headers, timeout: 60_000 }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => end(res.complete ? (res.statusCode ?? 0) : 0, text));
      res.on('error', (error) => end(0, error.message));
    });
    req.on('timeout', () => req.destroy(new Error('no response within a minute')));
    req.on('error', (error) => end(0, `${error.message}${req.reusedSocket ? ' (reused)' : ''}`));
  });
}
