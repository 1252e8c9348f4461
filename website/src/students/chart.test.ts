import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAgeChart } from './chart';

const SIX = { '20': 3, '21': 1, '23': 2 };

function chartOf(...ages: number[]) {
  const counts: Record<string, number> = {};
  for (const age of ages) counts[age] = (counts[age] ?? 0) + 1;
  return createAgeChart(counts);
}
const labelsOf = ({ bars }: ReturnType<typeof createAgeChart>) =>
  bars.map(({ label }) => label?.text);
const ticksOf = ({ ticks }: ReturnType<typeof createAgeChart>) => ticks.map(({ label }) => label);

test('has a bar for each age, as high as there are students', () => {
  const chart = createAgeChart(SIX);
  expect(labelsOf(chart)).toEqual(['3', '1', '2']);
  const [highest, lowest, middle] = chart.bars.map(({ height }) => height);
  expect(lowest).toBeCloseTo((highest ?? 0) / 3, 1);
  expect(middle).toBeCloseTo((2 * (highest ?? 0)) / 3, 1);
  for (const { y, height } of chart.bars) expect(y + height).toBeCloseTo(chart.baseline, 1);
});

test('leaves a gap where nobody has an age', () => {
  const chart = createAgeChart(SIX); // 20, 21, 23
  expect(ticksOf(chart)).toEqual(['20', '21', '22', '23']);
  const [at20 = 0, at21 = 0, at22 = 0, at23 = 0] = chart.ticks.map(({ x }) => x);
  expect([at21 - at20, at22 - at21, at23 - at22]).toEqual([25, 25, 25]);
  expect(chart.bars.map(({ x, width }) => x + width / 2)).toEqual([at20, at21, at23]);
});

test('says in words all that it shows', () => {
  expect(createAgeChart(SIX).description).toBe(
    'Number of students of each age. 20 years: 3; 21 years: 1; 23 years: 2.',
  );
  expect(chartOf(1, 1, 0).description).toMatch(' 0 years: 1; 1 year: 2.');
});

test('has at most ten ages below its axis', () => {
  const ages = (from: number, to: number) => chartOf(from, to);
  expect(ticksOf(ages(18, 18))).toEqual(['18']);
  expect(ticksOf(ages(18, 27))).toHaveLength(10);
  expect(ticksOf(ages(17, 27))).toEqual(['18', '20', '22', '24', '26']);
  expect(ticksOf(ages(0, 150))).toEqual(['0', '20', '40', '60', '80', '100', '120', '140']);
});

test('labels the tallest bar, and others where there is room', () => {
  const many = Array.from({ length: 15_100 }, (_, i) => i % 151);
  const all = labelsOf(chartOf(...many, 75));
  expect(all.flatMap((label, age) => (label ? [[age, label]] : []))).toEqual([[75, '101']]);
  expect(labelsOf(chartOf(20, 21, 21, 22, 90, 150))).toEqual([undefined, '2', undefined, '1', '1']);
});

test('stays within its frame, and shows even a single student', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 150 })), (ages) => {
      const { bars, ticks, baseline } = chartOf(...ages);
      expect(bars).toHaveLength(new Set(ages).size);
      expect(ticks.length).toBeLessThanOrEqual(10);
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
