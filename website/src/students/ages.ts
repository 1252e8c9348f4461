import { isAge } from './student';

const DATE = /^(?:\d{1,4}|\p{L}+)[-/.\s]+(?:\d{1,2}|\p{L}+)[-/.,\s]+\d{2,4}(?!\d)/u;

/** Reads the age in a cell, also one in Arabic digits, or written as a decimal. */
export function ageOf(cell: string): string | undefined {
  const digits = cell.replace(/[٠-٩۰-۹]/g, (digit) => `${digit.charCodeAt(0) & 15}`);
  const age = digits.replace(/(?<=\d)[.,٫]0+$/, '').replace(/^0+(?=\d)/, '');
  return isAge(age) ? age : undefined;
}

/** Says what is wrong with a cell that has no age. */
export function whyNoAge(cell: string): string {
  if (cell === '') return 'there is no age';
  if (DATE.test(cell)) return 'this is a date, not an age';
  if (/^\d+[.,]\d+$/.test(cell)) return 'an age has no decimals';
  if (/^\d{1,3}\s?\p{L}/u.test(cell)) return 'an age is the number only, without words';
  return 'an age is a whole number from 0 to 150';
}
