import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { clientAddress } from '../service/client';
import { unfinishedResponses } from '../service/connections';
import { toJson } from '../service/json';
import { countWarnings } from '../service/logger';

/** By the code of the error of Node's parser. */
const REFUSALS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'Request headers too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'Request took too long'],
};

/** Responds to what is no request; not behind a response that is under way, of which it would seem a part. */
export function refuseMalformed(server: Server, logger: Logger): void {
  const refused = countWarnings(logger, 'malformed request');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const isGone = error.code === 'HPE_INVALID_EOF_STATE' || !socket.writable;
    const isUnderWay = unfinishedResponses(socket).some((res) => res.headersSent);
    if (isGone || isUnderWay) {
      socket.destroySoon();
      return;
    }
    const [status, message] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'Bad request'];
    refused({ status, client: clientAddress(socket), code: error.code });
    const body = toJson({ error: message });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}
