import { setImmediate as otherEvents } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { pause } from './pause';

test('of several who do long work, one takes a step before other events come', async () => {
  let steps = 0;
  jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
  const pauses = Array.from({ length: 8 }, () => pause()?.then(() => steps++));
  for (let round = 1; round < 8; round++) {
    await otherEvents();
    expect(steps).toBeLessThanOrEqual(round);
  }
  await Promise.all(pauses);
  expect(steps).toBe(8);
});
