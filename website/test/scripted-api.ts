import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { closeAfter } from '../../simple_api/test/closing';

/** Starts an HTTP server, as the API say, for one test; on a free port unless one is given. */
export async function startServer(listener?: RequestListener, host = '127.0.0.1', wanted = 0) {
  const server = createServer(listener).listen(wanted, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = async () => {
    server.close().closeAllConnections();
  };
  closeAfter(close);
  return { server, url: `http://${host}:${port}`, port, close };
}

/** Responds with any status and any text. */
export function respond(
  status: number,
  text = '{"error": "it is hidden"}',
  headers = {},
): RequestListener {
  return (_req, res) => void res.writeHead(status, headers).end(text);
}
