import { channel, subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { listen } from './server';

/** In seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10];

type Labels = Readonly<Record<string, string | number>>;
type CounterInfo = { help: string; labelNames: string[] };

/** Where a service shows what can be read. */
interface Metrics {
  /** Measures each request. */
  measure(req: IncomingMessage, res: ServerResponse): void;
  show(name: string, help: string, read: () => number | Promise<number>): void;
  close(): void;
}

export const NO_METRICS: Metrics = { measure() {}, show() {}, close() {} };

/** Counts what happens, where somebody wants to know. */
export function count(name: string, labels: Labels = {}, by = 1): void {
  channel(name).publish({ labels, by });
}

/**
 * Serves metrics for Prometheus at `/metrics`, on a port of their own; none where there is no port.
 *
 * @param counters by name
 * @throws StartError when it cannot listen there
 */
export async function serveMetrics(
  { METRICS_PORT, HOST }: { METRICS_PORT?: number | undefined; HOST: string },
  counters: Readonly<Record<string, CounterInfo>>,
  logger: Logger,
): Promise<Metrics> {
  if (METRICS_PORT === undefined) return NO_METRICS;
  // Loaded only here.
  const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } = await import(
    'prom-client'
  );
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  // These are named as counters, which they are not: promtool complains.
  for (const what of ['handles', 'requests', 'resources']) {
    register.removeSingleMetric(`nodejs_active_${what}_total`);
  }
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers,
  });
  for (const [name, info] of Object.entries(counters)) {
    const counter = new Counter({ name, ...info, registers });
    subscribe(name, (counted) => counter.inc(Object(counted).labels, Object(counted).by));
  }
  const { server, url } = await listen(
    async (req, res) => {
      if (req.url !== '/metrics') return void res.writeHead(404).end();
      const text = await register.metrics();
      res.writeHead(200, { 'Content-Type': register.contentType }).end(text);
    },
    { PORT: METRICS_PORT, HOST },
    logger,
    'METRICS_PORT',
  );
  logger.info(`metrics are at ${url}/metrics`);
  return {
    measure({ method = '' }, res) {
      const start = performance.now();
      res.on('close', () => {
        // The pattern, which has no names; all paths that do not exist are one.
        const route = String(Object(res.req).route?.path ?? 'none');
        const took = (performance.now() - start) / 1_000;
        const status = res.headersSent ? res.statusCode : 499; // whoever asked has left
        seconds.observe({ method, route, status }, took);
      });
    },
    show(name, help, read) {
      const gauge = {
        ...{ name, help, registers },
        async collect(this: InstanceType<typeof Gauge>) {
          try {
            this.set(await read());
          } catch (error) {
            logger.error({ err: error }, `${name} cannot be read`);
            this.set(Number.NaN);
          }
        },
      };
      void new Gauge(gauge);
    },
    close: () => void server.close(),
  };
}
