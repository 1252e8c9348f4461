import { CsvError, parse } from 'csv-parse/sync';
import { isAge } from './student';

/** Of the rows that are left out, so many are shown, and so many characters of each. */
const MAX_SHOWN = 100;

/**
 * Reads rows of a spreadsheet, a name and an age each. Cells are separated by what the first line has:
 * tabs, else semicolons, else commas. Further cells are of no interest.
 */
export function readRows(text: string) {
  const students = new Map<string, string>();
  const leftOut: (readonly [row: string, reason: string])[] = [];
  let allLeftOut = 0;
  function leaveOut(row: string, reason: string) {
    if (++allLeftOut > MAX_SHOWN) return;
    leftOut.push([row.length > MAX_SHOWN ? `${row.slice(0, MAX_SHOWN - 1)}…` : row, reason]);
  }
  const [firstLine] = /^.*/.exec(text.trimStart().replace(/"[^"]*"/g, '')) ?? [''];
  try {
    parse(text, {
      delimiter: ['\t', ';'].find((it) => firstLine.includes(it)) ?? ',',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      on_record([name = '', age = '']: string[], { records }) {
        const other = students.get(name) ?? age;
        let reason = '';
        if (records === 1 && /^\D+$/.test(age)) reason = 'taken as the row of headings';
        else if (!/^.{1,200}$/su.test(name)) reason = 'a name has 1 to 200 characters';
        else if (/\p{Cc}/u.test(name)) reason = 'a name has no line breaks, tabs and the like';
        else if (!isAge(age)) reason = 'an age is a whole number from 0 to 150';
        else if (other !== age) reason = `the name is there before, with the age ${other}`;
        else students.set(name, age);
        if (reason) leaveOut(`${name}, ${age}`, reason);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = Number(error['records']) + 1;
    leaveOut(`All from row ${row} on`, 'a quotation mark is out of place');
  }
  return { students, leftOut, allLeftOut };
}

/** Writes a merge patch (RFC 7396), from pairs: an object would reorder them. */
export function toPatch(students: Iterable<readonly [name: string, age: unknown]>): string {
  const members = [...students].map((it) => it.map((part) => JSON.stringify(part)).join(':'));
  return `{${members.join(',')}}`;
}
