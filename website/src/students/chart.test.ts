import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAgeChart, describeAges } from './chart';

/** How many have each of these ages. */
function count(ages: readonly number[]) {
  const counts: Record<string, number> = {};
  for (const age of ages) counts[age] = (counts[age] ?? 0) + 1;
  return counts;
}

test('has a bar for each age that there is, as high as there are students, with a mark where ages are left out', () => {
  const { bars, ...chart } = createAgeChart(count([17, 16, 16, 16, 18, 150]));
  expect(bars.map(({ age }) => age)).toEqual([16, 17, 18, 150]);
  expect(bars.map(({ students }) => students)).toEqual([3, 1, 1, 1]);
  expect(bars.map(({ height }) => height)).toEqual([120, 40, 40, 40]);
  expect(bars.map(({ isApart }) => isApart)).toEqual([false, false, false, true]);
  expect(chart).toEqual({ isDense: false, isUpright: false });
});

test('has an axis instead of labels with more than thirteen ages; long numbers stand upright', () => {
  const thirteen = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [10 + i, 1_000]));
  expect(createAgeChart(thirteen)).toMatchObject({ isDense: false, isUpright: true });
  const { bars, ...chart } = createAgeChart({ ...thirteen, 90: 2_000 });
  expect(chart).toEqual({ isDense: true, isUpright: false });
  const agesOf = (kind: 'onAxis' | 'isTallest') =>
    bars.filter((bar) => bar[kind]).map(({ age }) => age);
  expect(agesOf('onAxis')).toEqual([10, 12, 14, 16, 18, 20, 22, 90]);
  expect(agesOf('isTallest')).toEqual([90]);
});

test.each([
  ['', []],
  ['aged 7', [7, 7]],
  ['aged 20 to 23, median 20.5', [23, 20, 21, 20, 23, 20]],
  ['aged 0 to 150, median 75', [0, 150]],
  ['aged 16 to 150, median 17', [16, 16, 17, 18, 150]],
])('it says "%s" of %j', (words, ages) => expect(describeAges(count(ages))).toBe(words));

test('the median is the one in the middle, and even a single student shows', () => {
  const some = fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(some, (ages) => {
      const sorted = ages.toSorted((a, b) => a - b);
      const [low = 0, high = 0] = [sorted.at((ages.length - 1) / 2), sorted.at(ages.length / 2)];
      const words = describeAges(count(ages));
      expect(Number(/\d+(\.5)?$/.exec(words)?.[0])).toBe((low + high) / 2);
      for (const { height } of createAgeChart(count(ages)).bars) {
        expect(height).toBeGreaterThanOrEqual(2);
      }
    }),
  );
});
