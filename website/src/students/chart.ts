/** Of the tallest bar, in pixels. */
const HEIGHT = 120;

/** With more ages there is an axis with some of them, instead of a number and a label for each bar. */
const MAX_LABELLED = 13;
const LABELS_OF_AXIS = 7;

/** What fits side by side on a phone; longer numbers stand upright. */
const MAX_CHARACTERS = 24;

/** How many students there are, by age in years. */
export type Ages = Readonly<Record<string, number>>;

/** Lays out a bar chart: only ages that somebody has get a bar, so that one far off squeezes no other. */
export function createAgeChart(ages: Ages) {
  const counts = countsOf(ages);
  const most = Math.max(0, ...counts.map(([, students]) => students));
  const tallest = counts.findIndex(([, students]) => students === most);
  const isDense = counts.length > MAX_LABELLED;
  const step = Math.ceil(counts.length / LABELS_OF_AXIS);
  let sinceLabel = step;
  const bars = counts.map(([age, students], i) => {
    const [before = age - 1] = counts[i - 1] ?? [];
    const isApart = before < age - 1; // ages in between are left out
    sinceLabel++;
    // Behind a gap, a label comes sooner: as soon as there is room.
    const onAxis = isDense && sinceLabel >= (isApart && age < 100 ? step / 2 : step);
    if (onAxis) sinceLabel = 0;
    return {
      age,
      students,
      height: Math.max(2, Math.round((students / most) * HEIGHT)), // a single one shows as well
      isApart,
      onAxis,
      isTallest: isDense && i === tallest,
    };
  });
  const characters = counts.length * most.toLocaleString('en-US').length;
  return { bars, isDense, isUpright: !isDense && characters > MAX_CHARACTERS };
}

/** Says from which age to which students are, and the median; nothing of nobody. */
export function describeAges(ages: Ages): string {
  const counts = countsOf(ages);
  const [[youngest] = [], [oldest] = []] = [counts[0], counts.at(-1)];
  if (youngest === undefined) return '';
  if (youngest === oldest) return `aged ${youngest}`;
  return `aged ${youngest} to ${oldest}, median ${median(counts)}`;
}

type Count = readonly [age: number, students: number];

/** By age: an object has keys that are whole numbers in their order. */
function countsOf(ages: Ages): Count[] {
  return Object.entries(ages).map(([age, students]) => [Number(age), students]);
}

function median(counts: readonly Count[]): number | undefined {
  let rest = counts.reduce((sum, [, students]) => sum + students, 0) / 2;
  for (const [i, [age, students]] of counts.entries()) {
    rest -= students;
    const [next = age] = counts[i + 1] ?? [];
    if (rest <= 0) return rest === 0 ? (age + next) / 2 : age;
  }
  return undefined;
}
