import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long connections are still accepted after the close was asked for, in ms. */
const LINGER_MS = 500;

/** When connections that are still busy are cut, in ms; Docker kills the process after 10 s. */
const LIMIT_MS = 8_000;

/**
 * Makes a server able to close without failing a request.
 *
 * Clients learn of the close from `Connection: close` in every answer, for half a second in which
 * all goes on as before. Only then does the server stop accepting; `server.close()` alone would cut
 * kept-alive connections into which a client may just be writing, and wait for the others for long.
 *
 * @param server before its first connection
 * @returns the function that closes it; its promise resolves when all connections have ended, at the
 *   latest after 8 s
 */
export function gracefulClose(server: Server): () => Promise<void> {
  /** The open connections, each with the last answer that was begun on it. */
  const connections = new Map<Socket, ServerResponse | undefined>();
  let closing = false;

  server.on('connection', (socket) => {
    connections.set(socket, undefined);
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', (req, res) => {
    if (closing) res.setHeader('Connection', 'close');
    connections.set(req.socket, res);
  });

  return async () => {
    closing = true;
    for (const res of connections.values()) {
      if (res && !res.headersSent) res.setHeader('Connection', 'close');
    }
    await sleep(LINGER_MS);

    const closed = new Promise((resolve) => server.close(resolve));
    const closeIdle = () => {
      server.closeIdleConnections();
      // Browsers open connections ahead of need. To Node they are not idle, but nothing was asked.
      for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy();
    };
    closeIdle();
    const idle = setInterval(closeIdle, 50);
    const limit = setTimeout(() => server.closeAllConnections(), LIMIT_MS - LINGER_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(limit);
  };
}
