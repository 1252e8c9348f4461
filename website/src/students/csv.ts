import type { Student } from './student';

/** What a CSV file starts with: a byte order mark, by which Excel knows UTF-8, and the headings. */
export const csvHead = (separator: string) => `\uFEFFName${separator}Age\r\n`;

/** Such a file, with or without the mark: hardly another program quotes all names, and not the headings. */
export const OWN_FILE = /^\uFEFF?Name([,;])Age\r?\n(?:"(?:[^"]|"")*"\1\d{1,3}\s*)*$/;

/**
 * What a spreadsheet may take for the start of a formula, also behind what it strips or does not show;
 * Excel in Japan takes the wide characters for the narrow ones. Apostrophes in front of it are counted in,
 * so that one more can be told from the name's own.
 */
const FORMULA = /^'*(?:\p{Cc}|[\p{Z}\p{C}]*[=+\-@＝＋－＠])/u;

/** Tells what separates cells where the first of a browser's languages is spoken: decimals take the comma. */
export function separatorFor(languages: readonly string[]): string {
  try {
    return new Intl.NumberFormat(languages[0] ?? '*').format(1.5).includes(',') ? ';' : ',';
  } catch {
    return ','; // for `*`, and what is no language: not this machine's own
  }
}

/**
 * Writes lines of a CSV file (RFC 4180). A name that starts like a formula gets an apostrophe, which makes
 * it a text. All names are quoted, so that no other separator splits one either.
 */
export function toCsv(students: readonly Student[], separator: string): string {
  return students.map(({ name, age }) => `${quote(name)}${separator}${age}\r\n`).join('');
}

function quote(name: string): string {
  return `"${FORMULA.test(name) ? "'" : ''}${name.replaceAll('"', '""')}"`;
}

/** Undoes the apostrophe of a file that was made here. */
export const withoutApostrophe = (name: string) =>
  name.startsWith("'") && FORMULA.test(name) ? name.slice(1) : name;
