import type { Student } from './student';

/** What a CSV file starts with: a byte order mark, by which Excel knows UTF-8, and the headings. */
export const CSV_HEAD = '\uFEFFName,Age\r\n';

/**
 * What a spreadsheet may take for the start of a formula, also behind what it strips or does not show;
 * Excel in Japan takes the wide characters for the narrow ones.
 */
const FORMULA = /^(?:\p{Cc}|[\p{Z}\p{C}]*[=+\-@＝＋－＠])/u;

/**
 * Writes students as lines of a CSV file (RFC 4180). A name that starts like a formula gets an
 * apostrophe, which makes it a text. All names are quoted, so that no other separator splits one either.
 */
export function toCsv(students: readonly Student[]): string {
  return students.map(({ name, age }) => `${quote(name)},${age}\r\n`).join('');
}

function quote(name: string): string {
  return `"${FORMULA.test(name) ? "'" : ''}${name.replaceAll('"', '""')}"`;
}
