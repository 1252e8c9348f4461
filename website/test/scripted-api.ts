import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as TcpServer } from 'node:net';

/** A server on this machine. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an HTTP server that plays the API, in whatever way a test wants. */
export function startApi(listener: RequestListener): Promise<RunningServer> {
  return listen(createServer(listener));
}

/** Makes a server listen, on a free port unless one is given. */
export async function listen(
  server: Server | TcpServer,
  wanted: { host?: string | undefined; port?: number } = {},
): Promise<RunningServer> {
  const { host = '127.0.0.1', port: wantedPort = 0 } = wanted;
  server.listen(wantedPort, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://${host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

/** The API's response with a list, member by member, so that nothing is reordered. */
export function respondWith(students: readonly (readonly [string, unknown])[]): RequestListener {
  const members = students.map(([name, age]) => `${JSON.stringify(name)}:${JSON.stringify(age)}`);
  return respondText(`{"student_ages":{${members.join(',')}}}`);
}

/** A response with status 200 and any text. */
export function respondText(text: string): RequestListener {
  return (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
  };
}

/** A response with any status and no list. */
export function respondStatus(status: number, headers = {}): RequestListener {
  return (_req, res) => {
    res.writeHead(status, headers).end('{"error": "it is hidden"}');
  };
}

/** The list that comes with the project, as the API orders it. */
export const SIX = [
  ['Ahmed', '20'],
  ['Amine', '20'],
  ['Hiba', '21'],
  ['Meryem', '23'],
  ['Omar', '20'],
  ['Sara', '23'],
] as const;
