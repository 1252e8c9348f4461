import { expect, test } from '@jest/globals';
import { within } from './within';

test('what comes in time comes; instead of what does not, something else', async () => {
  const never = new Promise<string>(() => {});
  expect(await within(20_000, Promise.resolve('asked'), () => 'instead')).toBe('asked');
  await expect(within(20_000, Promise.reject(new Error('no')), () => 'instead')).rejects.toThrow(
    'no',
  );
  expect(await within(1, never, () => 'instead')).toBe('instead');
  const late = () => {
    throw new Error('late');
  };
  await expect(within(1, never, late)).rejects.toThrow('late');
});
