import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { clientAddress, clientNetwork } from './client';
import { countWarnings } from './logger';

/** The most connections at a time. */
export const MAX_CONNECTIONS = 2_000;

/**
 * An address, or an IPv6 network, gets half of them. Behind a proxy, or a published port of Docker, it
 * may be everybody's.
 */
export const MAX_CONNECTIONS_OF_NETWORK = 1_000;

/**
 * How many responses of one connection may be unfinished. A client may send requests ahead
 * (pipelining), but one that reads nothing would have us keep all the responses.
 */
export const MAX_UNFINISHED = 10;

const unfinished = new WeakMap<Socket, readonly ServerResponse[]>();

/** The responses of a connection that are not sent to their ends. */
export function unfinishedResponses(socket: Socket): readonly ServerResponse[] {
  return unfinished.get(socket)?.filter((res) => !res.writableFinished) ?? [];
}

/**
 * Notes a request, and closes its connection when too many before it are unfinished.
 *
 * @returns whether it is to be responded to
 */
export function admit({ socket }: IncomingMessage, res: ServerResponse): boolean {
  // Requests that came together with the one too many are still parsed.
  if (socket.destroyed) return false;
  const before = unfinishedResponses(socket);
  unfinished.set(socket, [...before, res]);
  if (before.length < MAX_UNFINISHED) return true;
  socket.destroy();
  // Node.js frees what it has parsed at 'close', which comes only when all other connections with
  // something to read have had their turn: a hundred of these fill the heap until then.
  process.nextTick(() => {
    socket.emit('close');
    socket.removeAllListeners();
    // The first response would keep all that are queued behind it.
    for (const each of [...before, res]) if (each.socket === socket) each.detachSocket(socket);
    unfinished.delete(socket);
  });
  return false;
}

/**
 * Limits the connections, in all and of one network. One more costs the oldest that is not in use, so
 * that idle ones keep nobody out; where all are in use, it is closed itself.
 */
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
