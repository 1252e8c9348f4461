import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { limitConnections, oneAtATime } from './connections';
import { StartError } from './environment';
import { normaliseTarget } from './target';

/** In ms and bytes. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000, // of the two above
  /** Longer than proxies keep theirs (nginx: 60 s), or one would send a request that gets no response. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
};

/** While a response is being sent. */
const SOCKET_TIMEOUT_MS = 30_000;

/** How long requests are still taken after the close was asked for. */
const LINGER_MS = 500;

/** When connections that are still busy are cut: Docker kills the process after 10 s. */
const CLOSE_LIMIT_MS = 8_000;

/** A service that listens. */
export interface Service {
  readonly logger: Logger;
  readonly server: Server;
  /** An address for whoever reads the log. */
  readonly url: string;
}

/** @param variable that names the port @throws StartError when it cannot listen */
export async function listen(
  app: RequestListener,
  { PORT, HOST, PUBLIC_URL }: { PORT: number; HOST: string; PUBLIC_URL?: string | undefined },
  logger: Logger,
  variable = 'PORT',
): Promise<Service> {
  // Joined, two Authorization headers are malformed; Node.js would take the first.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true, requireHostHeader: false });
  const respond = oneAtATime((req, res) => {
    req.url = normaliseTarget(req.url ?? '/');
    app(req, res);
  });
  // To an unknown expectation, or without a Host, Node.js would respond by itself, past all limits.
  server.on('request', respond).on('checkExpectation', respond);
  server.timeout = SOCKET_TIMEOUT_MS;
  limitConnections(server, logger);

  // Without a host, Node.js takes all addresses, of IPv4 alone where there is no IPv6; `::` would fail.
  server.listen(PORT, HOST === '::' ? undefined : HOST);
  await once(server, 'listening').catch(({ code }: NodeJS.ErrnoException) => {
    if (code === 'EADDRINUSE') {
      throw new StartError([`port ${PORT} is in use; set ${variable} to a free one`]);
    }
    throw new StartError([`cannot listen on ${HOST}, port ${PORT}: ${code}`]);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : PORT;
  return { logger, server, url: PUBLIC_URL ?? `http://${toUrlHost(HOST)}:${port}` };
}

function toUrlHost(host: string): string {
  if (['::', '0.0.0.0'].includes(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

/**
 * Finishes the requests under way and ends all connections, within 8 s. For half a second, responses tell
 * clients of the close; `server.close()` alone would cut a connection that a client is about to use.
 */
export async function closeGracefully(server: Server): Promise<void> {
  server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
  await sleep(LINGER_MS);
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS - LINGER_MS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(idle);
  clearTimeout(limit);
}
