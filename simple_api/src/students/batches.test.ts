import { expect, test } from '@jest/globals';
import { createBatches } from './batches';

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

const done = (added: number) => ({ added, changed: 0, removed: 0, edits: [] });
const of = (size: number) => ({
  ages: new Map(Array.from({ length: size }, (_, i) => [`${i}`, 1])),
});

test('all that come while one is worked on share the next call, but for what is too much for one', async () => {
  const calls: (readonly number[])[] = [];
  const batch = createBatches(async (changes) => {
    calls.push(changes.map(({ ages }) => ages.size));
    await later();
    return changes.map(({ ages }) => done(ages.size));
  }, 0);
  const first = batch(of(1));
  await later();
  const sizes = [2, 3, 40_000, 20_000, 90_000, 4];
  const others = sizes.map((size) => batch(of(size)));
  expect(await Promise.all([first, ...others])).toEqual([1, ...sizes].map(done));
  expect(calls).toEqual([[1], [2, 3, 40_000], [20_000], [90_000], [4]]);
});

test('a call that fails fails its own items; the next one is made', async () => {
  let isBroken = true;
  const batch = createBatches(async (changes) => {
    if (isBroken) throw new Error('broken');
    return changes.slice(1).map(() => done(1));
  }, 1);
  await expect(batch(of(1))).rejects.toThrow('broken');
  isBroken = false;
  const two = [batch(of(1)), batch(of(1))];
  expect(await two[0]).toEqual(done(1));
  await expect(two[1]).rejects.toThrow('nothing came of a change');
});
