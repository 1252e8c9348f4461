import { years } from './student';

const TOP = 24;
const BASELINE = 148;
const MAX_BAR_WIDTH = 14; // in percent, so that a few bars do not become blocks
const MAX_SPACED_AGES = 50; // more bars overlap, so that no hairlines shimmer
const OVERLAP = 0.35; // a pixel on a phone, in percent
const DIGIT_WIDTH = 3.125; // on a phone, in percent
const MAX_AGE_LABELS = 10; // below the axis, on a phone
const AGE_STEPS = [1, 2, 5, 10]; // how far apart they may be

type Count = readonly [age: number, students: number];

/**
 * Draws a bar chart of how many students have each age. Its axis is that of numbers: an age that nobody
 * has leaves a gap.
 *
 * @param ages how many students there are, by age in years
 * @returns all `x` and `width` in percent of the chart's width, so that it fills any; all other lengths in
 *   pixels, so that its text never shrinks. Bars have a label where there is room, and the tallest always.
 */
export function createAgeChart(ages: Readonly<Record<string, number>>) {
  // An object has keys that are whole numbers in their order.
  const counts = Object.entries(ages).map(([age, count]): Count => [Number(age), count]);
  const [youngest = 0] = counts[0] ?? [];
  const [oldest = 0] = counts.at(-1) ?? [];
  const span = oldest - youngest + 1;
  const slot = 100 / span;
  const middle = (age: number) => slot * (age - youngest + 0.5);
  const width = span > MAX_SPACED_AGES ? slot + OVERLAP : Math.min(MAX_BAR_WIDTH, slot * 0.7);

  const most = Math.max(0, ...counts.map(([, count]) => count));
  const tallest = counts.find(([, count]) => count === most);
  const room = (format(most).length + 0.25) * DIGIT_WIDTH;

  const bars = counts.map((bar, index) => {
    const [age, count] = bar;
    // Even a single student among thousands shows.
    const height = Math.max(2, (count / most) * (BASELINE - TOP));
    const neighbours = [counts[index - 1], counts[index + 1]];
    const hasRoom = neighbours.every((it) => !it || Math.abs(it[0] - age) * slot >= room);
    return {
      x: round(middle(age) - width / 2),
      width: round(width),
      y: round(BASELINE - height),
      height: round(height),
      label: bar === tallest || hasRoom ? place(format(count), middle(age)) : undefined,
    };
  });
  const step = AGE_STEPS.find((it) => span / it <= MAX_AGE_LABELS) ?? 20;
  const ticks = [];
  for (let age = Math.ceil(youngest / step) * step; age <= oldest; age += step) {
    ticks.push({ x: round(middle(age)), age });
  }
  const words = counts.map(([age, count]) => `${years(age)}: ${format(count)}`);
  const description = `Number of students of each age. ${words.join('; ')}.`;
  return { description, baseline: BASELINE, bars, ticks };
}

/** Puts a text in the middle of its bar, or at the end of the chart that it would go beyond. */
function place(text: string, middle: number) {
  const half = (text.length * DIGIT_WIDTH) / 2;
  if (middle < half) return { text, x: 0, anchor: 'start' };
  if (middle > 100 - half) return { text, x: 100, anchor: 'end' };
  return { text, x: round(middle), anchor: 'middle' };
}

const format = (count: number) => count.toLocaleString('en-US');
const round = (number: number) => Math.round(number * 100) / 100;
