import { createScanner, ScanError, SyntaxKind } from 'jsonc-parser';

/** An age, 0 to 150, in the type and the text that the file has it in. */
export type Age = string | number;

export type Student = readonly [name: string, age: Age];

/**
 * The list: an ordered array of pairs. It is never an object used as a map, in which `__proto__`
 * and `10` would not be names like all others.
 */
export type StudentList = readonly Student[];

export const MAX_STUDENTS = 200_000;

/** In characters (code points). */
export const MAX_NAME_LENGTH = 200;

const MAX_AGE = 150;

/** What is wrong with a list, and where. The message never quotes the list. */
export class StudentListError extends Error {
  override readonly name = 'StudentListError';

  /**
   * @param reason what is wrong, in words
   * @param before the text before it; line and column are counted from 1, the column in UTF-16 units
   */
  constructor(reason: string, before: string) {
    const lines = before.split(/\r\n|\n|\r/);
    super(`line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}: ${reason}`);
  }
}

/** What is said of a list that has another form than the only one. */
const FORM = '; the whole list has the form {"Anna": "20", "Omar": 21}';

/** What is said of a token that is not the expected one. */
const HINTS: Partial<Record<SyntaxKind, string>> = {
  [SyntaxKind.EOF]: ', but the file ends',
  [SyntaxKind.OpenBraceToken]: FORM,
  [SyntaxKind.OpenBracketToken]: FORM,
};

/** RFC 8259, 2. */
const WHITE_SPACE = new Set([...' \t\n\r'].map((character) => character.charCodeAt(0)));

/** A student, and where in the text the member is, where its age, and where both end. */
export interface Member {
  readonly name: string;
  readonly age: Age;
  readonly start: number;
  readonly ageStart: number;
  readonly end: number;
}

/**
 * Reads a list from its JSON text: one object, each member a student's name and age.
 *
 * @returns the students in the order of the text
 * @throws StudentListError at the first thing that is not as it must be
 */
export function parseStudentList(text: string): StudentList {
  return Array.from(readMembers(text), ({ name, age }) => [name, age]);
}

/**
 * Reads the members of a list one by one.
 *
 * `JSON.parse` will not do: it lets the last of two members with the same name win, and moves names
 * that look like numbers to the front.
 *
 * @throws StudentListError at the first thing that is not as it must be
 */
export function* readMembers(text: string): Generator<Member> {
  const scanner = createScanner(text, false);
  const names = new Set<string>();

  function next(): SyntaxKind {
    // Not left to the scanner, for which megabytes of white space are a value that fills the heap.
    let start = scanner.getPosition();
    while (WHITE_SPACE.has(text.charCodeAt(start))) start++;
    scanner.setPosition(start);
    const token = scanner.scan();
    if (token === SyntaxKind.LineCommentTrivia || token === SyntaxKind.BlockCommentTrivia) {
      fail('JSON has no comments');
    }
    const error = scanner.getTokenError();
    if (error !== ScanError.None) fail(SCAN_ERRORS[error]);
    return token;
  }

  function fail(reason: string): never {
    throw new StudentListError(reason, text.slice(0, scanner.getTokenOffset()));
  }

  function expect(token: SyntaxKind, wanted: SyntaxKind, what: string): void {
    if (token !== wanted) {
      fail(`expected ${what}${HINTS[token] ?? ''}`);
    }
  }

  function readName(): string {
    const name = scanner.getTokenValue();
    const mistake = names.has(name) ? 'this name is in the list already' : nameMistake(name);
    if (mistake) fail(mistake);
    names.add(name);
    return name;
  }

  function readAge(token: SyntaxKind): Age {
    if (token !== SyntaxKind.NumericLiteral) expect(token, SyntaxKind.StringLiteral, 'an age');
    const text = scanner.getTokenValue();
    const age = token === SyntaxKind.StringLiteral ? text : Number(text);
    return isAge(age) && /^[0-9]+$/.test(text) ? age : fail(AGE_RULE);
  }

  expect(next(), SyntaxKind.OpenBraceToken, "'{'");
  let token = next();
  while (token !== SyntaxKind.CloseBraceToken) {
    expect(token, SyntaxKind.StringLiteral, 'a name in double quotes');
    if (names.size === MAX_STUDENTS) fail(`there are more than ${MAX_STUDENTS} students`);
    const start = scanner.getTokenOffset();
    const name = readName();
    expect(next(), SyntaxKind.ColonToken, "':'");
    const age = readAge(next());
    const ageStart = scanner.getTokenOffset();
    yield { name, age, start, ageStart, end: ageStart + scanner.getTokenLength() };
    token = next();
    if (token === SyntaxKind.CloseBraceToken) break;
    expect(token, SyntaxKind.CommaToken, "',' or '}'");
    token = next();
    if (token === SyntaxKind.CloseBraceToken) fail('JSON has no comma after the last member');
  }
  expect(next(), SyntaxKind.EOF, 'nothing more');
}

/** What is wrong with a name, in words; undefined while nothing is. */
export function nameMistake(name: string): string | undefined {
  if (name === '') return 'a name is empty';
  if (isLongerThan(name, MAX_NAME_LENGTH)) {
    return `a name has more than ${MAX_NAME_LENGTH} characters`;
  }
  if (!name.isWellFormed()) return 'a name has half of a surrogate pair, which is no character';
  return undefined;
}

/** What an age must be, in words. */
export const AGE_RULE = `an age must be from 0 to ${MAX_AGE}: a whole number, or one to three digits in quotes`;

/** Whether it is an age, as the list has them. */
export function isAge(age: unknown): age is Age {
  const isWritten = typeof age === 'string' ? /^[0-9]{1,3}$/.test(age) : Number.isInteger(age);
  return isWritten && Number(age) >= 0 && Number(age) <= MAX_AGE;
}

/**
 * Orders a list by name, by code point: the order of the names' UTF-8 bytes, which is also the one
 * that Python sorts in. JavaScript's own `<` compares UTF-16 units.
 *
 * @returns a new list
 */
export function sortByName(list: StudentList): StudentList {
  return list.toSorted(([a], [b]) => {
    // Up to the surrogates the two orders are the same, and the quick one leaves no garbage.
    if (!HIGH_UNIT.test(a) && !HIGH_UNIT.test(b)) return a < b ? -1 : 1;
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  });
}

const HIGH_UNIT = /[\ud800-\uffff]/;

const SCAN_ERRORS: Record<Exclude<ScanError, ScanError.None>, string> = {
  [ScanError.UnexpectedEndOfComment]: 'JSON has no comments',
  [ScanError.UnexpectedEndOfString]: 'a string does not end on its line',
  [ScanError.UnexpectedEndOfNumber]: 'a number is not complete',
  [ScanError.InvalidUnicode]: "a '\\u' must be followed by four hexadecimal digits",
  [ScanError.InvalidEscapeCharacter]: "a string has a '\\' before a character that takes none",
  [ScanError.InvalidCharacter]: 'a string has a control character, which must be escaped',
};

function isLongerThan(text: string, codePoints: number): boolean {
  // A code point is one or two units, so most names need no counting.
  if (text.length <= codePoints) return false;
  return text.length > 2 * codePoints || [...text].length > codePoints;
}
