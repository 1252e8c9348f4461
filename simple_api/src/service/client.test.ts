import { expect, test } from '@jest/globals';
import { clientAddress, clientNetwork } from './client';

test.each([
  ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::3', '2001:db8:1:2::3', '2001:db8:1'],
  ['2001:db8::3', '2001:db8::3', '2001:db8:0'],
  ['::ffff:1', '::ffff:1', ':0:0'],
  [undefined, '', ':0:0'],
])('%s is the address %s, and counts for %s', (remoteAddress, address, network) => {
  const socket = { remoteAddress };
  expect(clientAddress(socket)).toBe(address);
  expect(clientNetwork(socket)).toBe(network);
});
