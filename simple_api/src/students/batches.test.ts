import { expect, test } from '@jest/globals';
import { createBatches } from './batches';

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

test('all that come while one is worked on share the next call, but for what is too much for one', async () => {
  const calls: (readonly number[])[] = [];
  const work = async (items: readonly number[]) => {
    calls.push(items);
    await later();
    return items.map((item) => -item);
  };
  const batch = createBatches(work, 0, (item) => item);
  const first = batch(1);
  await later();
  const others = [2, 3, 40_000, 20_000, 90_000, 4].map(batch);
  expect(await Promise.all([first, ...others])).toEqual([
    -1, -2, -3, -40_000, -20_000, -90_000, -4,
  ]);
  expect(calls).toEqual([[1], [2, 3, 40_000], [20_000], [90_000], [4]]);
});

test('a call that fails fails its own items; the next one is made', async () => {
  let isBroken = true;
  const work = async (items: readonly number[]) => {
    if (isBroken) throw new Error('broken');
    return items.slice(1);
  };
  const batch = createBatches(work, 1, () => 0);
  await expect(batch(1)).rejects.toThrow('broken');
  isBroken = false;
  const two = [batch(1), batch(2)];
  expect(await two[0]).toBe(2);
  await expect(two[1]).rejects.toThrow('nothing came of an item');
});
