import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect } from '@jest/globals';
import { EDITOR, READER } from './api';

const sockets = new Set<Socket>();
afterEach(closeAll);

/** Closes the connections of a test: this comes after each, if not before. */
export function closeAll(): void {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
}

/** Opens a connection. */
export function open(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  sockets.add(socket);
  return socket.on('error', () => undefined); // 'close' follows
}

/** Opens many connections, on each of which the same is sent. */
export const openMany = (url: string, count: number, bytes: string): Socket[] =>
  Array.from({ length: count }, () => {
    const socket = open(url);
    socket.write(bytes);
    return socket;
  });

/** Sends bytes as they are, on a connection of their own, and returns all until the server closes it. */
export async function send(url: string, bytes: string) {
  const socket = open(url);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.setTimeout(60_000, () => socket.destroy());
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', ...body] = text.split('\r\n\r\n');
  // What must hold for every response to whatever it is that was sent.
  expect(text).not.toMatch(/access-control|x-powered-by|x-injected|\.js:\d|node_modules/i);
  for (const { password } of [READER, EDITOR]) expect(text).not.toContain(password);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0),
    body: body.join('\r\n\r\n'),
    responses: text.split('HTTP/1.1 ').length - 1,
  };
}

/** The bytes of a request with a target that nothing normalises. */
export function requestOf(
  target: string,
  headers: string[] = [],
  method = 'GET',
  body = '',
): string {
  const length = body ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const lines = ['Host: x', ...headers, ...length];
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
