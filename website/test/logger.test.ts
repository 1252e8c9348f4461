import { afterEach, expect, jest, test } from '@jest/globals';
import { createLogger } from '../src/logger';

afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['FORCE_COLOR'];
});

test('has the level that was asked for', async () => {
  const logger = await createLogger('website', 'error');
  expect(logger.isLevelEnabled('warn')).toBe(false);
  expect(logger.isLevelEnabled('error')).toBe(true);
});

test('has the name of the service in every line', async () => {
  const logger = await createLogger('website', 'silent');
  expect(logger.bindings()).toEqual({ name: 'website' });
});

test('can write for a person', async () => {
  process.env['FORCE_COLOR'] = '1';
  const logger = await createLogger('website', 'silent');
  expect(logger.level).toBe('silent');
});
