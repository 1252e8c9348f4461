import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as TcpServer } from 'node:net';

/** A server on this machine. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const ends: (() => unknown)[] = [];

/** Has something done when the test is over. */
export const atEnd = (end: () => unknown) => void ends.push(end);

/** Ends all servers, and what else there is to be ended. */
export async function closeServers(): Promise<void> {
  await Promise.all(ends.splice(0).map((end) => end()));
}

/** Starts an HTTP server, as the API say, that plays whatever a test wants. */
export function startServer(listener: RequestListener): Promise<RunningServer> {
  return listen(createServer(listener));
}

/** Makes a server listen, on a free port unless one is given. */
export async function listen(
  server: Server | TcpServer,
  { host = '127.0.0.1', port: wanted = 0 }: { host?: string | undefined; port?: number } = {},
): Promise<RunningServer> {
  server.listen(wanted, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  const listening = { url: `http://${host}:${port}`, port, close };
  atEnd(close);
  return listening;
}

/** Responds with any status and any text. */
export function respond(
  status: number,
  text = '{"error": "it is hidden"}',
  headers = {},
): RequestListener {
  return (_req, res) => void res.writeHead(status, headers).end(text);
}
