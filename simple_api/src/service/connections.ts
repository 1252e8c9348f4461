import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { clientAddress, clientNetwork } from './client';
import { countWarnings } from './logger';

/** At a time. */
export const MAX_CONNECTIONS = 2_000;

/** Half of them, because behind a proxy, or a published port of Docker, one address may be everybody's. */
export const MAX_CONNECTIONS_OF_NETWORK = 1_000;

/** Requests of one connection: some may be sent ahead (pipelining), but all are kept, with their bodies. */
export const MAX_UNFINISHED = 5;

/** The largest body that is sent ahead, in bytes. */
export const MAX_BODY_AHEAD = 4 * 1024;

const unfinished = new WeakMap<Socket, readonly ServerResponse[]>();

/** The responses that are not sent to their ends. */
export function unfinishedResponses(socket: Socket): readonly ServerResponse[] {
  return unfinished.get(socket)?.filter((res) => !res.writableFinished) ?? [];
}

/** One request of a connection is under way; others wait. A connection that sends too much ahead is cut. */
export function oneAtATime(app: RequestListener): RequestListener {
  return (req, res) => {
    const { socket } = req;
    const before = unfinishedResponses(socket);
    if (before.length === MAX_UNFINISHED || (before.length > 0 && isLarge(req))) return cut(socket);
    unfinished.set(socket, [...before, res]);
    // Node.js gives a response the socket when those before it are finished.
    if (res.socket) app(req, res);
    else res.once('socket', () => app(req, res));
  };
}

function isLarge({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = 0, 'transfer-encoding': coding } = headers;
  return coding !== undefined || Number(length) > MAX_BODY_AHEAD;
}

function cut(socket: Socket): void {
  socket.destroy();
  // Node.js parses the 64 KB it has read to their end, and would keep thousands of requests until
  // 'close', which comes after all that other connections have to read: a hundred fill the heap.
  Object.assign(Object(socket).parser, { onIncoming: () => 0 });
}

/** Limits the connections. One more costs the oldest that is not in use, or, where all are, itself. */
export function limitConnections(server: Server, logger: Logger): void {
  const refused = countWarnings(logger, 'too many connections, one was closed');
  const all = new Set<Socket>();
  const ofNetwork = new Map<string, Set<Socket>>();

  server.on('connection', (socket) => {
    const network = clientNetwork(socket);
    const sockets = ofNetwork.get(network) ?? new Set();
    ofNetwork.set(network, sockets.add(socket));
    all.add(socket);
    socket.once('close', () => {
      all.delete(socket);
      sockets.delete(socket);
      if (sockets.size === 0) ofNetwork.delete(network);
    });
    const isShareUsedUp = sockets.size > MAX_CONNECTIONS_OF_NETWORK;
    if (!isShareUsedUp && all.size <= MAX_CONNECTIONS) return;
    refused({ client: clientAddress(socket) });
    closeOldestIdle(isShareUsedUp ? sockets : all);
  });
}

/** @param sockets in the order in which they were opened */
function closeOldestIdle(sockets: Iterable<Socket>): void {
  for (const socket of sockets) {
    if (unfinishedResponses(socket).length > 0) continue;
    socket.destroy();
    return;
  }
}
