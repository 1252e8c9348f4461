import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { ageOf, whyNoAge } from './ages';
import { type Columns, findColumns } from './columns';
import { OWN_FILE, withoutApostrophe } from './csv';
import { isTotal } from './headings';
import { csvOptions, readSample } from './separator';
import { cleanName } from './student';

/** Rows that are not taken: all are counted, the first ones shown. */
type Rows = { count: number; shown: { row: number; cells: string[]; reason: string }[] };
const MAX_SHOWN = 100;

/** So many bytes are read at a time; other requests come between. */
const PART_BYTES = 4_096;

const CHOICE = /^\d{1,2}(\+\d{1,2})?$/;

const TWO = 'give each student a different name, with an initial for example';

/**
 * Reads rows of a spreadsheet: each is a student, left out, or no student at all.
 *
 * @param chosen columns, where they are any
 */
export async function readRows(text: string, chosen: Columns = { names: '', ages: '' }) {
  const { separator, rows: sample } = readSample(text);
  const { headings, found, ...table } = findColumns(sample);
  const isOwn = OWN_FILE.test(text);
  const likely = isOwn ? { names: '0', ages: '1' } : found;
  const choose = (of: keyof Columns) => (CHOICE.test(chosen[of]) ? chosen[of] : likely[of]);
  const columns = { names: choose('names'), ages: choose('ages') };
  const isClear = columns.names !== '' && columns.ages !== '';

  const students = new Map<string, string>();
  const leftOut: Rows = { count: 0, shown: [] };
  const noStudent: Rows = { count: 0, shown: [] };
  let [rows, lines] = [0, 0];

  function add(to: Rows, cells: string[], reason: string) {
    if (reason && ++to.count <= MAX_SHOWN) to.shown.push({ row: rows, cells, reason });
  }

  function whyNoStudent(cells: string[]): string {
    const texts = cells.filter(Boolean);
    if (texts.length === 0) return 'empty';
    if (texts.every((it) => /^[-–—─═=+:_|*\s]+$/.test(it))) return 'a line between rows';
    if (rows <= headings) return 'above the headings';
    if (headings !== -1 && `${cells}` === `${sample[headings]}`) return 'headings';
    const label = (isClear && nameIn(cells)) || (texts.find((it) => /\p{L}/u.test(it)) ?? '');
    if (isTotal(label) && !isOwn) return 'a total or an average';
    const isTitle = headings === -1 && texts.length === 1 && isClear && !/\p{Nd}$/u.test(label);
    return isTitle && students.size + leftOut.count === 0 ? 'above the table' : '';
  }

  function nameIn(cells: string[]): string {
    const parts = columns.names.split('+').map((it) => withoutApostrophe(cells[Number(it)] ?? ''));
    return isOwn ? parts.join() : cleanName(parts.join(' '));
  }

  /** Takes the student of a row, or says why not. */
  function take(cells: string[]): string {
    const name = nameIn(cells);
    const cell = cleanName(cells[Number(columns.ages)] ?? '');
    const age = ageOf(cell);
    const before = students.get(name);
    if (cells.length === 1) return 'there is nothing between the name and the age';
    if (name === '') return 'there is no name';
    if (!/^.{1,200}$/su.test(name)) return 'a name has at most 200 characters';
    if (/\p{Cc}/u.test(name)) return 'the name has a character that is not for text';
    if (age === undefined) return whyNoAge(cell);
    if (before !== undefined) return `the name is in a row above, with the age ${before}; ${TWO}`;
    students.set(name, age);
    return '';
  }

  const parser = parse({
    ...csvOptions(separator),
    on_record(cells: string[], read: { lines: number }) {
      rows++;
      lines = read.lines;
      const none = whyNoStudent(cells);
      if (none) add(noStudent, cells, none);
      else if (isClear) add(leftOut, cells, take(cells));
      else leftOut.count++; // which the page says once
      return null;
    },
  });
  try {
    await pipeline(partsOf(text), parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const rest = text.trimEnd().split(/\r\n|[\r\n]/).length - lines;
    rows++;
    add(leftOut, [], 'from here on: a quotation mark is out of place');
    leftOut.count += rest - 1;
    rows += rest - 1;
  }
  return { ...table, rows, columns, isClear, students, leftOut, noStudent };
}

async function* partsOf(text: string) {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    yield bytes.subarray(from, from + PART_BYTES);
    await setImmediate();
  }
}

/** Writes a merge patch (RFC 7396), from pairs: an object would reorder them. */
export function toPatch(students: Iterable<readonly [name: string, age: unknown]>): string {
  const members = [...students].map((it) => it.map((part) => JSON.stringify(part)).join(':'));
  return `{${members.join(',')}}`;
}
