import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SIX } from '../../test/scripted-api';
import { createAgeChart } from './chart';
import type { Student } from './list';

test('has a bar for each age, as high as there are students', () => {
  const { bars, scale, baseline } = createAgeChart(SIX);
  expect(bars.map(({ ageLabel, countLabel }) => [ageLabel, countLabel])).toEqual([
    ['20', '3'],
    ['21', '1'],
    ['23', '2'],
  ]);
  const [highest, lowest, middle] = bars.map(({ height }) => height);
  expect(lowest).toBeCloseTo((highest ?? 0) / 3, 1);
  expect(middle).toBeCloseTo((2 * (highest ?? 0)) / 3, 1);
  for (const { y, height } of bars) expect(y + height).toBeCloseTo(baseline, 1);
  expect(scale).toBeUndefined();
});

test('says in words all that it shows', () => {
  expect(createAgeChart(SIX).description).toBe(
    'Number of students of each age. 20 years: 3; 21 years: 1; 23 years: 2.',
  );
});

test('orders ages as numbers and takes "020" for 20', () => {
  const { bars } = createAgeChart([
    ['a', '100'],
    ['b', '9'],
    ['c', '020'],
    ['d', 20],
  ]);
  expect(bars.map(({ ageLabel, countLabel }) => [ageLabel, countLabel])).toEqual([
    ['9', '1'],
    ['20', '2'],
    ['100', '1'],
  ]);
});

test('has at most ten ages below its bars, and one count for its scale, when there are many', () => {
  const students = Array.from({ length: 15_100 }, (_, i): Student => [`${i}`, i % 151]);
  const { bars, scale } = createAgeChart(students);
  expect(bars).toHaveLength(151);
  const labels = bars.flatMap(({ ageLabel }) => ageLabel ?? []);
  expect(labels).toEqual(['0', '16', '32', '48', '64', '80', '96', '112', '128', '144']);
  expect(bars.some(({ countLabel }) => countLabel)).toBe(false);
  expect(scale?.label).toBe('100');
});

test('of nobody is empty', () => {
  expect(createAgeChart([]).bars).toEqual([]);
});

test('stays within its frame, and shows even a single student', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 150 })), (ages) => {
      const { bars, baseline } = createAgeChart(ages.map((age, i): Student => [`${i}`, age]));
      expect(bars).toHaveLength(new Set(ages).size);
      for (const { x, width, y, height } of bars) {
        expect(x).toBeGreaterThan(-0.5);
        expect(x + width).toBeLessThan(100.5);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(height).toBeGreaterThanOrEqual(2);
        expect(y + height).toBeLessThan(baseline + 0.1);
      }
    }),
  );
});
