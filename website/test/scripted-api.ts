import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as TcpServer } from 'node:net';

/** A server on this machine. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const running: RunningServer[] = [];

/** Ends all servers. */
export async function closeServers(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close()));
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
  running.push(listening);
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
