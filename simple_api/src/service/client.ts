import type { Socket } from 'node:net';

/** Who is at the other end: an IPv4 address as itself, not as `::ffff:192.0.2.1`. */
export function clientAddress({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  return remoteAddress.replace(/^::ffff:(?=.*\.)/, '');
}

/** Whom a connection counts for: an IPv4 address, or an IPv6 /48, all of whose addresses one client has. */
export function clientNetwork(socket: Pick<Socket, 'remoteAddress'>): string {
  const address = clientAddress(socket);
  if (address.includes('.')) return address;
  const [head = ''] = address.split('::');
  return [...head.split(':'), '0', '0'].slice(0, 3).join(':');
}
