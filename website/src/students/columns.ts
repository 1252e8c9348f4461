import { ageOf } from './ages';
import { MAX_COLUMNS, readHeadings } from './headings';
import { cleanName } from './student';

/** Which columns are taken: numbers from 0, with `+` between those of one name; empty where it is not certain. */
export type Columns = { names: string; ages: string };

type Row = readonly string[];
type Column = Readonly<{ column: number; title: string; cells: Row }>;

const MAX_TITLES = 15; // rows, above the headings

const hasLetters = (cell: string) => /^[^@]*\p{L}[^@]*$/u.test(cell); // an e-mail address is no name
const isWords = (cell: string) => hasLetters(cell) && !/\p{Nd}/u.test(cell);

/**
 * Finds the row of headings (-1 for none), and by them the names and the ages; without them, in the only
 * column of each. Under headings, what is not called so is not taken: hours look like ages.
 */
export function findColumns(rows: readonly Row[]) {
  const headings = findHeadings(rows);
  const all = Array.from({ length: MAX_COLUMNS }, (_, column): Column => {
    const below = rows.slice(headings + 1).map((cells) => cleanName(cells[column] ?? ''));
    const cells = below.filter(Boolean);
    return { column, cells, title: cleanName(rows[headings]?.[column] ?? '') || (cells[0] ?? '') };
  });
  const columns = all.filter(({ title }) => title);
  const withAges = columns.filter(({ cells }) => cells.some(ageOf));

  const { whole, name, first = name, last = name, age } = readHeadings(rows[headings] ?? []);
  const parts = [...new Set(whole === undefined ? [first, last] : [whole])];
  const found: Columns = {
    names: parts.filter((it) => it !== undefined).join('+'),
    ages: withAges.some(({ column }) => column === age) ? `${age}` : '',
  };
  if (headings === -1) {
    found.names = only(columns, isWords, isRepeated) || only(columns, hasLetters, isRepeated);
    found.ages = only(columns, ageOf, isCounter);
  }

  const single = columns.map(({ column }) => `${column}`);
  const pairs = single.slice(1).flatMap((b, i) => [`${single[i]}+${b}`, `${b}+${single[i]}`]);
  const names = new Set([found.names, ...single, ...pairs]);
  return {
    headings,
    found,
    titles: all.map(({ title }, i) => `${i + 1}: ${title}`),
    hasAges: withAges.length > 0,
    options: { names: [...names], ages: [...new Set([found.ages, ...single])] },
  };
}

function findHeadings(rows: readonly Row[]): number {
  const isList = rows.every((cells) => cells.length === 1);
  const isTitle = (cells: Row) => !isList && cells.filter(Boolean).length < 2;
  const counts = rows.slice(0, MAX_TITLES).map((cells) => {
    return isTitle(cells) || cells.some(ageOf) ? 0 : Object.keys(readHeadings(cells)).length;
  });
  const most = Math.max(0, ...counts);
  if (most > 0) return counts.indexOf(most);
  // In words that nobody here knows: a row without any number, above others with some.
  const first = rows.findIndex((cells) => !isTitle(cells));
  const isUnknown = !rows[first]?.some((cell) => /\p{Nd}/u.test(cell));
  return isUnknown && rows.some((cells) => cells.some(ageOf)) ? first : -1;
}

/** The only column that is mostly so; of several, those in doubt do not count. */
function only(
  columns: Column[],
  is: (cell: string) => unknown,
  isInDoubt: (cells: Row) => boolean,
) {
  const found = columns.filter(({ cells }) => cells.filter(is).length * 2 > cells.length);
  const [it, ...others] = found.length > 1 ? found.filter(({ cells }) => !isInDoubt(cells)) : found;
  return it && others.length === 0 ? `${it.column}` : '';
}

const isCounter = (cells: Row) => cells.every((cell, i) => Number(cell) === i + 1);

/** As a class is, or a town. */
const isRepeated = (cells: Row) => new Set(cells).size * 2 <= cells.length;
