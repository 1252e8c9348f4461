import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { captureLog } from '../../test/captured-log';
import { countWarnings } from './logger';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('of warnings that come fast, the first is logged, and every ten seconds how many more', () => {
  const { logger, lines } = captureLog();
  const warn = countWarnings(logger, 'too many');
  for (let i = 0; i < 1_000; i++) warn({ client: '192.0.2.1' });
  expect(lines).toEqual([expect.stringContaining('"client":"192.0.2.1"')]);
  jest.advanceTimersByTime(10_000);
  expect(lines.slice(1)).toEqual([expect.stringContaining('"more":999')]);
  warn({ client: '192.0.2.2' });
  expect(lines.slice(2)).toEqual([expect.stringContaining('"client":"192.0.2.2"')]);
  jest.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(3);
});
