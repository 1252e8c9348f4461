import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAgeChart } from './chart';

function chartOf(...ages: number[]) {
  const counts: Record<string, number> = {};
  for (const age of ages) counts[age] = (counts[age] ?? 0) + 1;
  const chart = createAgeChart(counts);
  const labels = chart.bars.map(({ label }) => label?.text);
  return { ...chart, labels, ages: chart.ticks.map(({ age }) => age) };
}

test('has a bar for each age, as high as there are students, and says all in words', () => {
  const { bars, ticks, ages, labels, description, baseline } = chartOf(20, 20, 20, 21, 23, 23);
  expect(labels).toEqual(['3', '1', '2']);
  const highest = bars[0]?.height ?? 0;
  for (const [i, { y, height }] of bars.entries()) {
    expect(height).toBeCloseTo((highest * Number(labels[i])) / 3, 1);
    expect(y + height).toBeCloseTo(baseline, 1);
  }
  expect(ages).toEqual([20, 21, 22, 23]); // with a gap where nobody has an age
  expect(ticks.map(({ x }) => x)).toEqual([12.5, 37.5, 62.5, 87.5]);
  expect(bars.map(({ x, width }) => x + width / 2)).toEqual([12.5, 37.5, 87.5]);
  expect(description).toMatch('of each age. 20 years: 3; 21 years: 1; 23 years: 2.');
});

test('has at most ten ages below its axis', () => {
  expect(chartOf(18).ages).toEqual([18]);
  expect(chartOf(18, 27).ages).toHaveLength(10);
  expect(chartOf(17, 27).ages).toEqual([18, 20, 22, 24, 26]);
  expect(chartOf(0, 150).ages).toEqual([0, 20, 40, 60, 80, 100, 120, 140]);
});

test('labels the tallest bar, and others where there is room', () => {
  const many = Array.from({ length: 15_100 }, (_, i) => i % 151);
  const labelled = chartOf(...many, 75).labels.flatMap((label, age) => (label ? [age, label] : []));
  expect(labelled).toEqual([75, '101']);
  expect(chartOf(20, 21, 21, 22, 90, 150).labels).toEqual([undefined, '2', undefined, '1', '1']);
});

test('stays within its frame, and shows even a single student', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 150 })), (ages) => {
      const { bars, baseline } = chartOf(...ages);
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
