/** In the type and the text that the list has it in. */
export type Age = string | number;

export interface Student {
  readonly name: string;
  readonly age: Age;
}

/** In characters (code points). */
export const MAX_NAME_LENGTH = 200;

const MAX_AGE = 150;

/** What is said of another age. */
export const AGE_RULE = `an age must be from 0 to ${MAX_AGE}: a whole number, or one to three digits in quotes`;

/** Whether a list may have it. */
export function isAge(age: unknown): age is Age {
  const isWritten = typeof age === 'string' ? /^[0-9]{1,3}$/.test(age) : Number.isInteger(age);
  return isWritten && Number(age) >= 0 && Number(age) <= MAX_AGE;
}

/** What is wrong with a name, in words. */
export function nameMistake(name: string): string | undefined {
  if (name === '') return 'a name is empty';
  if (isLongerThan(name, MAX_NAME_LENGTH)) {
    return `a name has more than ${MAX_NAME_LENGTH} characters`;
  }
  if (!name.isWellFormed()) return 'a name has half of a surrogate pair, which is no character';
  if (/\p{Cc}/u.test(name)) return 'a name has a control character, such as a line break';
  return undefined;
}

/** Whether a text has more code points than that. */
export function isLongerThan(text: string, codePoints: number): boolean {
  // A code point is one or two units, so most texts need no counting.
  if (text.length <= codePoints) return false;
  return text.length > 2 * codePoints || [...text].length > codePoints;
}
