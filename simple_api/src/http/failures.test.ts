import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SHIPPED } from '../../test/contract';
import { mistakesOf } from '../../test/described';
import { openList } from '../../test/opened-list';
import { serve, type Who } from '../../test/served';
import { STUDENTS_PATH } from './documents';
import { createFailureLimit, MAX_FAILURES } from './failures';

let askAs: (who: Who) => ReturnType<Awaited<ReturnType<typeof serve>>['ask']>;
let address: string;
let lines: string[];

beforeEach(async () => {
  address = '192.0.2.1';
  const { server, ask, ...api } = await serve(await openList(SHIPPED));
  server.prependListener('request', ({ socket }) => {
    Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
  });
  lines = api.lines;
  askAs = (who) => ask('get', STUDENTS_PATH, who);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const fail = () => askAs('guesser');

async function useUpFailures() {
  for (let i = 0; i < MAX_FAILURES; i++) expect((await fail()).status).toBe(401);
}

test('after 100 failures a minute from one address, further ones are 429', async () => {
  expect(MAX_FAILURES).toBe(100);
  await useUpFailures();
  const res = await fail();
  expect(res.status).toBe(429);
  expect(mistakesOf('get', STUDENTS_PATH, res)).toEqual([]);
  expect(res.text).toBe('{\n  "error": "Too many failed attempts"\n}\n');
  expect(res.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
  // Right credentials are served still, and whoever has none is asked for them.
  expect((await askAs('reader')).status).toBe(200);
  expect((await askAs('nobody')).status).toBe(401);
  const pretended = fail().set('X-Forwarded-For', '192.0.2.2').set('Forwarded', 'for=192.0.2.2');
  expect((await pretended).status).toBe(429);
});

test.each([
  ['192.0.2.1', '::ffff:192.0.2.1', 429], // on a socket of both families
  ['2001:db8::1', '2001:db8:0:ff::2', 429], // of the same network
  ['192.0.2.1', '192.0.2.2', 401],
])('after those from %s, one from %s is %i', async (first, second, status) => {
  address = first;
  await useUpFailures();
  address = second;
  expect((await fail()).status).toBe(status);
});

test('neither right credentials nor none count as failures', async () => {
  for (let i = 0; i <= MAX_FAILURES; i++) {
    await askAs('nobody');
    expect((await askAs('reader')).status).toBe(200);
  }
  expect((await fail()).status).toBe(401);
});

test('a failure is 401 again when the minute is over', async () => {
  await useUpFailures();
  const retryAfter = Number((await fail()).headers['retry-after']);
  const now = performance.now();
  const clock = jest.spyOn(performance, 'now').mockReturnValue(now + (retryAfter - 2) * 1_000);
  expect((await fail()).status).toBe(429);
  clock.mockReturnValue(now + retryAfter * 1_000);
  expect((await fail()).status).toBe(401);
});

test('the failures of many addresses are remembered, but not of any number', () => {
  const count = createFailureLimit();
  for (let i = 0; i < MAX_FAILURES; i++) count('192.0.2.1');
  for (let i = 0; i < 9_999; i++) count(`10.0.${i >> 8}.${i & 255}`);
  expect(count('192.0.2.1')).toBeGreaterThan(0);
  for (let i = 0; i < 10_000; i++) count(`10.1.${i >> 8}.${i & 255}`);
  expect(count('192.0.2.1')).toBe(0);
});

test('the log has ten lines a minute of one network and kind, and then how many more', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  for (let i = 0; i < 14; i++) await fail();
  for (let i = 0; i < 12; i++) await askAs('nobody');
  address = '192.0.2.2';
  await fail();
  const logged = (client: string, credentials: string) =>
    lines.filter((it) => it.includes(`"${client}"`) && it.includes(`"${credentials}"`)).length;
  expect(logged('192.0.2.1', 'refused')).toBe(10);
  expect(logged('192.0.2.1', 'none')).toBe(10);
  expect(logged('192.0.2.2', 'refused')).toBe(1);
  jest.advanceTimersByTime(60_000);
  const kind = '"network":"192.0.2.1","status":401,"credentials"';
  expect(lines.slice(-2).join('')).toMatch(
    new RegExp(`${kind}:"refused","more":4,.*\n.*${kind}:"none","more":2,`),
  );
  await fail();
  expect(lines.at(-2)).toContain('"client":"192.0.2.2"'); // the last one is at debug
});
