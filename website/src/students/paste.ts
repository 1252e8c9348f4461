import { CsvError, parse } from 'csv-parse/sync';
import { isAge, type StudentList } from './list';

/**
 * Compares rows of a spreadsheet, a name and an age each, with a list. Cells are separated by what the
 * first line has: tabs, else semicolons, else commas. Further cells are of no interest.
 *
 * @returns who would be added and changed, in the order of the rows; the merge patch that does it; which
 *   rows are left out, and why
 */
export function compare(text: string, list: StudentList) {
  const ages = new Map<string, string>();
  const wrong: [row: string, reason: string][] = [];
  const [firstLine] = /^.*/.exec(text.trimStart().replace(/"[^"]*"/g, '')) ?? [''];
  try {
    parse(text, {
      delimiter: ['\t', ';'].find((it) => firstLine.includes(it)) ?? ',',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      on_record([name = '', age = '']: string[], { records }) {
        const other = ages.get(name) ?? age;
        let reason = '';
        if (records === 1 && /^\D+$/.test(age)) reason = 'it is taken for the headings';
        else if (!/^.{1,200}$/su.test(name)) reason = 'a name has 1 to 200 characters';
        else if (!isAge(age)) reason = 'an age is a whole number from 0 to 150';
        else if (other !== age) reason = `the name is there before, with the age ${other}`;
        else ages.set(name, age);
        if (reason) wrong.push([`${name}, ${age}`, reason]);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = Number(error['records']) + 1;
    wrong.push([`All from row ${row} on`, 'a quotation mark is out of place']);
  }
  const old = new Map(list.filter(([name]) => ages.has(name)));
  const added = [...ages].filter(([name]) => !old.has(name));
  const changed = [...ages].filter(([name, age]) => Number(old.get(name) ?? age) !== Number(age));
  return {
    added,
    changed: changed.map(([name, age]) => [name, `${old.get(name)} → ${age}`] as const),
    wrong,
    patch: JSON.stringify(Object.fromEntries([...added, ...changed])),
  };
}
