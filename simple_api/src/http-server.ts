import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { toJson } from './json-answer';

/** The limits of what one client may ask of the server. */
const LIMITS = {
  /** From the first byte of a request, or from the connection, to the end of its headers, in ms. */
  headersTimeout: 5_000,
  /** To the end of its body, in ms. */
  requestTimeout: 10_000,
  /** How often the two above are looked at, in ms. */
  connectionsCheckingInterval: 1_000,
  /** How long a connection is kept for the next request, in ms. */
  keepAliveTimeout: 5_000,
  /** The request line and the headers, in bytes. */
  maxHeaderSize: 16 * 1024,
} as const;

/** How long a connection may be silent while an answer is being sent, in ms. */
const SOCKET_TIMEOUT_MS = 30_000;

/** The most connections at a time; one more is closed at once. */
export const MAX_CONNECTIONS = 2_000;

/** Creates the HTTP server of an app, with all its limits. It does not listen yet. */
export function createHttpServer(app: RequestListener, logger: Logger): Server {
  // Joined, two Authorization headers are malformed; Node would silently take the first.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true }, app);
  server.timeout = SOCKET_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  const lastAnswers = new WeakMap<Socket, ServerResponse>();
  server.prependListener('request', (req, res) => {
    // The absolute form (RFC 9112, 3.2.2) names a host, which is of no use here, and with which Express
    // answers by itself, past all that the app does, when it cannot parse it.
    if (req.url?.startsWith('/') === false) {
      req.url = req.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/^(?!\/)/, '/');
    }
    // Of all bodies, only chunks can turn out to be malformed after the request was answered.
    if (req.headers['transfer-encoding'] !== undefined) lastAnswers.set(req.socket, res);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const isGone = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
    if (isGone || !socket.writable) {
      socket.destroy();
      return;
    }
    if (lastAnswers.get(socket)?.headersSent) {
      // One request, one answer: a second would be taken for that of the next request.
      socket.end();
      return;
    }
    const { status, reason, message } = explain(error.code);
    logger.warn({ status, client: socket.remoteAddress, code: error.code }, message);
    const body = toJson({ error: message });
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
  server.on('drop', (connection) => {
    logger.warn({ client: connection?.remoteAddress }, 'too many connections, one was refused');
  });
  return server;
}

/** What a request that Node's parser refuses is answered. */
function explain(code: string | undefined): { status: number; reason: string; message: string } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        reason: 'Request Header Fields Too Large',
        message: 'Request headers too large',
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, reason: 'Request Timeout', message: 'Request took too long' };
    default:
      return { status: 400, reason: 'Bad Request', message: 'Bad request' };
  }
}
