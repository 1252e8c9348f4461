/**
 * Names the network that an address belongs to, for limits by client: IPv4 addresses stand for
 * themselves; of IPv6, a customer has a whole network (/48 at most: RFC 6177), and all of its addresses.
 *
 * @param address as `remoteAddress` of a socket has it
 */
export function networkOf(address = ''): string {
  if (address.includes('.')) return address.replace('::ffff:', '');
  const [head = ''] = address.split('::');
  return [...head.split(':'), '0', '0'].slice(0, 3).join(':');
}
