import { type Options, parse } from 'csv-parse/sync';

/** So much tells what a table is like. */
const SAMPLE_ROWS = 200;
const SAMPLE_LENGTH = 32_768;

/** The first of those that do as well: commas are in names and numbers too. */
const SEPARATORS = ['\t', ';', '|', ','];

export const csvOptions = (delimiter: string): Options => ({
  delimiter,
  bom: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  trim: true,
});

/** Reads the first rows, with the separator that gives the most of them the same number of cells. */
export function readSample(text: string) {
  const start = text.slice(0, SAMPLE_LENGTH);
  const samples = SEPARATORS.map((separator) => {
    const rows = parse(start, {
      ...csvOptions(separator),
      to: SAMPLE_ROWS,
      skip_records_with_error: true, // it ends somewhere, perhaps between quotation marks
    });
    const tables = rows.filter(({ length }) => length > 1);
    const alike = tables.map((row) => tables.filter((it) => it.length === row.length).length);
    return { separator, rows, alike: Math.max(0, ...alike) };
  });
  return samples.reduce((best, it) => (it.alike > best.alike ? it : best));
}
