const HEIGHT = 176;
const TOP = 24;
const BASELINE = 148;
const LABEL_Y = 168;

/** A bar is at most this wide, in percent, so that a few do not become blocks. */
const MAX_BAR_WIDTH = 14;

/** Up to how many ages there are gaps between bars; more overlap, so that no hairlines shimmer. */
const MAX_SPACED_AGES = 50;

/** A pixel on a phone, in percent. */
const OVERLAP = 0.35;

/** A digit on a phone, in percent. */
const DIGIT_WIDTH = 3.125;

/** How many ages fit below the axis on a phone, and how far apart they may be. */
const MAX_AGE_LABELS = 10;
const AGE_STEPS = [1, 2, 5, 10];

/** How many students there are, by age in years. */
export type AgeCounts = Readonly<Record<string, number>>;

type Count = readonly [age: number, students: number];

/**
 * Draws a bar chart of how many students have each age. Its axis is that of numbers: an age that nobody
 * has leaves a gap.
 *
 * @returns the chart, ready to be drawn: all `x` and `width` in percent of its width, so that it fills
 *   any, all other lengths in pixels, so that its text never shrinks. The tallest bar has a label, others
 *   where there is room for it.
 */
export function createAgeChart(ages: AgeCounts) {
  const counts = Object.entries(ages)
    .map(([age, count]): Count => [Number(age), count])
    .sort(([a], [b]) => a - b);
  const [youngest = 0] = counts[0] ?? [];
  const [oldest = 0] = counts.at(-1) ?? [];
  const span = oldest - youngest + 1;
  const slot = 100 / span;
  const middle = (age: number) => slot * (age - youngest + 0.5);
  const width = span > MAX_SPACED_AGES ? slot + OVERLAP : Math.min(MAX_BAR_WIDTH, slot * 0.7);

  const most = Math.max(0, ...counts.map(([, count]) => count));
  const tallest = counts.find(([, count]) => count === most);
  const room = (format(most).length + 0.25) * DIGIT_WIDTH;
  const isFree = (age: number, neighbour: Count | undefined) =>
    neighbour === undefined || Math.abs(neighbour[0] - age) * slot >= room;

  const bars = counts.map((bar, index) => {
    const [age, count] = bar;
    // Even a single student among thousands shows.
    const height = Math.max(2, (count / most) * (BASELINE - TOP));
    const hasRoom = isFree(age, counts[index - 1]) && isFree(age, counts[index + 1]);
    return {
      x: round(middle(age) - width / 2),
      width: round(width),
      y: round(BASELINE - height),
      height: round(height),
      label: bar === tallest || hasRoom ? place(format(count), middle(age)) : undefined,
    };
  });
  const step = AGE_STEPS.find((it) => span / it <= MAX_AGE_LABELS) ?? 20;
  const labelled = Array.from({ length: span }, (_, i) => youngest + i).filter(
    (age) => age % step === 0,
  );
  return {
    description: describe(counts),
    height: HEIGHT,
    baseline: BASELINE,
    labelY: LABEL_Y,
    bars,
    ticks: labelled.map((age) => ({ x: round(middle(age)), label: String(age) })),
  };
}

/** Puts a text in the middle of its bar, or at the end of the chart that it would go beyond. */
function place(text: string, middle: number) {
  const half = (text.length * DIGIT_WIDTH) / 2;
  if (middle < half) return { text, x: 0, anchor: 'start' };
  if (middle > 100 - half) return { text, x: 100, anchor: 'end' };
  return { text, x: round(middle), anchor: 'middle' };
}

function describe(counts: readonly Count[]): string {
  const parts = counts.map(
    ([age, count]) => `${age} ${age === 1 ? 'year' : 'years'}: ${format(count)}`,
  );
  return `Number of students of each age. ${parts.join('; ')}.`;
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
