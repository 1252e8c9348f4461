import { expect, test } from '@jest/globals';
import { networkOf } from './network';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
  ['2001:db8:1::7', '2001:db8:1'],
  ['2001:db8::7', '2001:db8:0'],
  ['2001::7', '2001:0:0'],
  ['::1', ':0:0'],
])('%s belongs to %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('a connection that is closed already belongs to none', () => {
  expect(networkOf(undefined)).toBe(':0:0');
});
