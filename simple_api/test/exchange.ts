import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends bytes as they are.
 *
 * @param url where to
 * @param parts sent one after another, with a little time in between
 * @returns all that comes back until the connection ends
 */
export async function exchange(url: string, ...parts: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let response = '';
  socket.on('data', (chunk) => {
    response += chunk;
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await closed;
  return response;
}
