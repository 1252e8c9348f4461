import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { limitConnections, oneAtATime } from './connections';
import { StartError } from './environment';
import { normaliseTarget } from './target';

/** Times in ms, sizes in bytes. */
const LIMITS = {
  /** From the first byte of a request, or from the connection, to the end of its headers. */
  headersTimeout: 5_000,
  /** To the end of its body. */
  requestTimeout: 10_000,
  /** How often Node.js checks the two above. */
  connectionsCheckingInterval: 1_000,
  /**
   * How long a connection is kept for the next request: longer than proxies keep theirs (nginx: 60 s).
   * Of two that close it at the same time, the proxy would have sent a request that gets no response.
   */
  keepAliveTimeout: 65_000,
  /** The request line and the headers. */
  maxHeaderSize: 16 * 1024,
};

/** How long a connection may be silent while a response is being sent, in ms. */
const SOCKET_TIMEOUT_MS = 30_000;

/** How long requests are still taken after the close was asked for, in ms. */
const LINGER_MS = 500;

/** When connections that are still busy are cut, in ms; Docker kills the process after 10 s. */
const CLOSE_LIMIT_MS = 8_000;

/**
 * The `HOST` that stands for all addresses: of both families where there are two, of IPv4 where the
 * kernel has no IPv6.
 */
export const EVERY_ADDRESS = '::';

/** A service that listens. */
export interface Service {
  readonly logger: Logger;
  readonly server: Server;
  /** An address for whoever reads the log. */
  readonly url: string;
}

/** Where to listen, and, if that is not where clients find it, where they do. */
export interface Place {
  readonly PORT: number;
  readonly HOST: string;
  readonly PUBLIC_URL?: string | undefined;
}

/**
 * Starts the HTTP server of an app, with all its limits.
 *
 * @returns once it listens
 * @throws StartError when it cannot
 */
export async function listen(
  app: RequestListener,
  { PORT, HOST, PUBLIC_URL }: Place,
  logger: Logger,
): Promise<Service> {
  // Joined, two Authorization headers are malformed; Node would silently take the first.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true, requireHostHeader: false });
  const respond = oneAtATime((req, res) => {
    req.url = normaliseTarget(req.url ?? '/');
    app(req, res);
  });
  // To an unknown expectation, or without a Host, Node.js would respond by itself, past all limits.
  server.on('request', respond).on('checkExpectation', respond);
  server.timeout = SOCKET_TIMEOUT_MS;
  limitConnections(server, logger);

  // Without a host, Node.js does what EVERY_ADDRESS says; with `::` it would fail without IPv6.
  server.listen(PORT, HOST === EVERY_ADDRESS ? undefined : HOST);
  await once(server, 'listening').catch(({ code }: NodeJS.ErrnoException) => {
    if (code === 'EADDRINUSE') {
      throw new StartError([`port ${PORT} is in use; set PORT to a free one`]);
    }
    throw new StartError([`cannot listen on ${HOST}, port ${PORT}: ${code}`]);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : PORT;
  return { logger, server, url: PUBLIC_URL ?? `http://${toUrlHost(HOST)}:${port}` };
}

/** The host of an address that leads to a server which listens on `host`. */
function toUrlHost(host: string): string {
  if ([EVERY_ADDRESS, '0.0.0.0'].includes(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

/**
 * Finishes the requests under way and ends all connections, within 8 s.
 *
 * Clients learn of the close from `Connection: close` in every response, for half a second in which
 * requests are served as before; `server.close()` alone would cut a connection that a client is about
 * to use.
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
