import type { Socket } from 'node:net';

/**
 * The address of whoever is at the other end of a connection. A socket of both families has an IPv4
 * address as `::ffff:192.0.2.1`; here it is `192.0.2.1`, as on a socket of IPv4 alone.
 */
export function clientAddress({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  return remoteAddress.replace(/^::ffff:(?=.*\.)/, '');
}

/**
 * Whom a connection counts for: an IPv4 address, or an IPv6 network (/48), because whoever has that
 * has all of its addresses.
 */
export function clientNetwork(socket: Pick<Socket, 'remoteAddress'>): string {
  const address = clientAddress(socket);
  if (address.includes('.')) return address;
  const [head = ''] = address.split('::');
  return [...head.split(':'), '0', '0'].slice(0, 3).join(':');
}
