// Puts load on a server, in a process of its own, and sends what came of it to its parent.
import autocannon from 'autocannon';

/** @typedef {{ url: string, headers: Record<string, string>, seconds: number }} Order */

process.once('message', async (/** @type {Order} */ { url, headers, seconds }) => {
  const result = await autocannon({ url, headers, connections: 32, duration: seconds });
  const { requests, latency, errors, timeouts } = result;
  process.send?.({
    perSecond: requests.average,
    p50: latency.p50,
    max: latency.max,
    failures: errors + timeouts + result['4xx'] + result['5xx'],
  });
  process.disconnect?.();
});
