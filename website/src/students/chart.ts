import type { StudentList } from './list';

const HEIGHT = 176;
const TOP = 24;
const BASELINE = 148;
const LABEL_Y = 168;

/** A bar is at most this wide, in percent, so that a few do not become blocks. */
const MAX_BAR_WIDTH = 14;

/** Up to how many bars there are gaps between them; more overlap, so that no hairlines shimmer. */
const MAX_SPACED_BARS = 50;

/** A pixel on a phone, in percent. */
const OVERLAP = 0.35;

/** How many ages, and how many digits of counts, fit side by side on a phone. */
const MAX_AGE_LABELS = 10;
const MAX_COUNT_DIGITS = 32;

/**
 * Draws a bar chart of how many students have each age, in the order of the ages.
 *
 * @returns the chart, ready to be drawn: `x`, `width` and `middle` in percent of its width, so that it
 *   fills any, all other lengths in pixels, so that its text never shrinks. A bar has labels where there
 *   is room for them. When there is none for the counts, `scale` says how high the highest bar is.
 */
export function createAgeChart(students: StudentList) {
  const ages = countAges(students);
  const highest = Math.max(1, ...ages.map(([, count]) => count));
  const slot = 100 / Math.max(1, ages.length);
  const width =
    ages.length > MAX_SPACED_BARS ? slot + OVERLAP : Math.min(MAX_BAR_WIDTH, slot * 0.7);
  const labelEvery = Math.ceil(ages.length / MAX_AGE_LABELS);
  const countsFit = ages.length * format(highest).length <= MAX_COUNT_DIGITS;

  const bars = ages.map(([age, count], index) => {
    const middle = slot * (index + 0.5);
    // Even a single student among thousands shows.
    const height = Math.max(2, (count / highest) * (BASELINE - TOP));
    return {
      x: round(middle - width / 2),
      width: round(width),
      y: round(BASELINE - height),
      height: round(height),
      middle: round(middle),
      ageLabel: index % labelEvery === 0 ? String(age) : undefined,
      countLabel: countsFit ? format(count) : undefined,
    };
  });
  return {
    description: describe(ages),
    height: HEIGHT,
    baseline: BASELINE,
    labelY: LABEL_Y,
    bars,
    scale: countsFit ? undefined : { y: TOP, label: format(highest) },
  };
}

function countAges(students: StudentList): [age: number, count: number][] {
  const counts = new Map<number, number>();
  for (const [, age] of students) {
    counts.set(Number(age), (counts.get(Number(age)) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

function describe(ages: [age: number, count: number][]): string {
  const parts = ages.map(([age, count]) => `${age} years: ${format(count)}`);
  return `Number of students of each age. ${parts.join('; ')}.`;
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
