import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { toJson } from '../service/json';

/** What is told to the client of a request that Node's parser refuses, by the code of its error. */
const REFUSALS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'Request headers too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'Request took too long'],
};

/**
 * Makes a server respond with JSON to bytes that are not a request. Where a response is under way on
 * the connection, that is only closed: a second status line would be taken for a part of the response.
 */
export function refuseMalformed(server: Server, logger: Logger): void {
  /** The responses of each connection that are not finished. */
  const unfinished = new WeakMap<Socket, ServerResponse[]>();
  server.prependListener('request', ({ socket }, res) => {
    const before = unfinished.get(socket) ?? [];
    unfinished.set(socket, [...before.filter((it) => !it.writableFinished), res]);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const isGone = error.code === 'HPE_INVALID_EOF_STATE' || !socket.writable;
    const isUnderWay = unfinished
      .get(socket)
      ?.some((res) => res.headersSent && !res.writableFinished);
    if (isGone || isUnderWay) {
      socket.destroySoon();
      return;
    }
    const [status, message] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'Bad request'];
    logger.warn({ status, client: socket.remoteAddress, code: error.code }, message);
    const body = toJson({ error: message });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}
