import { ageOf } from './ages';
import { MAX_COLUMNS, readHeadings } from './headings';
import { cleanName } from './student';

/** Which columns are taken: numbers from 0, with `+` between those of one name; empty where it is not certain. */
export type Columns = { names: string; ages: string };

type Row = readonly string[];
type Column = Readonly<{ column: number; cells: Row }>;

const MAX_TITLES = 15; // rows, above the headings

/** Not so: a date, an e-mail address. */
const isName = (cell: string) => /^[^@\p{Nd}]*\p{L}[^@\p{Nd}]*$/u.test(cell);

/**
 * Finds the row of headings (-1 for none), and by them the names and the ages; without them, in the only
 * column of each. Under headings, what is not called so is not taken: hours look like ages.
 */
export function findColumns(rows: readonly Row[]) {
  const headings = findHeadings(rows);
  const all = Array.from({ length: MAX_COLUMNS }, (_, column) => {
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
    found.names = only(columns, isName);
    found.ages = only(columns, ageOf);
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
  const counts = rows.slice(0, MAX_TITLES).map((cells) => {
    return cells.some(ageOf) ? 0 : Object.keys(readHeadings(cells)).length;
  });
  const most = Math.max(0, ...counts);
  return most > 0 ? counts.indexOf(most) : -1;
}

/** The only column that is mostly so, its first cell too: that may be a heading in words unknown here. */
function only(columns: readonly Column[], is: (cell: string) => unknown): string {
  const [it, ...others] = columns.filter(({ cells: [first = '', ...rest] }) => {
    return is(first) && rest.filter(is).length * 2 >= rest.length;
  });
  return it && others.length === 0 ? `${it.column}` : '';
}
