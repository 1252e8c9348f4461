import { ageOf } from './ages';
import { MAX_COLUMNS, readHeadings } from './headings';
import { cleanName } from './student';

/** Which columns are taken: numbers from 0, with `+` between those of one name; empty where it is not certain. */
export type Columns = { names: string; ages: string };

type Row = readonly string[];

const MAX_TITLES = 15; // rows, above the headings

const hasLetters = (cell: string) => /\p{L}/u.test(cell);

/** Not so: a date, an e-mail address. */
const isName = (cell: string) => /^[^@\p{Nd}]*\p{L}[^@\p{Nd}]*$/u.test(cell);

/**
 * Finds the row of headings (-1 for none), and by them the names and the ages; without them, in the only
 * column of each. Under headings, what is not called so is not taken: hours look like ages.
 */
export function findColumns(rows: readonly Row[]) {
  const headings = findHeadings(rows);
  const columns = Array.from({ length: MAX_COLUMNS }, (_, column) => {
    const cells = rows.map((row) => cleanName(row[column] ?? ''));
    const below = cells.slice(headings + 1).filter(Boolean);
    return { title: cells[headings] || (below[0] ?? ''), below };
  });
  const haveAges = columns.map(({ below }) => below.some(ageOf));
  const row = rows[headings] ?? [];
  const { age = -1 } = readHeadings(row);
  const over = (is: (cell: string) => unknown) =>
    readHeadings(row.map((title, i) => (isMostly(columns[i]?.below, is) ? title : '')));
  // Under "Student" there may be numbers, with the names in other columns.
  const { age: _, ...certain } = over(isName);
  const isCertain = Object.keys(certain).length > 0;
  const { whole, name, first = name, last = name } = isCertain ? certain : over(hasLetters);
  const parts = [...new Set([whole ?? first, whole ?? last])].filter((it) => it !== undefined);
  const found: Columns = { names: parts.join('+'), ages: haveAges[age] ? `${age}` : '' };
  if (headings === -1) {
    found.names = only(columns, isName);
    found.ages = only(columns, ageOf);
  }
  const titles = columns.map(({ title }) => title);
  return { headings, found, titles, hasAges: haveAges.includes(true) };
}

function findHeadings(rows: readonly Row[]): number {
  const counts = rows.slice(0, MAX_TITLES).map((cells) => {
    return cells.some(ageOf) ? 0 : Object.keys(readHeadings(cells)).length;
  });
  const most = Math.max(0, ...counts);
  return most > 0 ? counts.indexOf(most) : -1;
}

const isMostly = (cells: Row = [], is: (cell: string) => unknown) =>
  cells.filter(is).length * 2 >= cells.length;

/** The only column that is mostly so, its first cell too: that may be a heading in words unknown here. */
function only(columns: readonly { below: Row }[], is: (cell: string) => unknown): string {
  const [column, ...others] = columns.flatMap(({ below: [first = '', ...rest] }, i) => {
    return is(first) && isMostly(rest, is) ? `${i}` : [];
  });
  return column && others.length === 0 ? column : '';
}
