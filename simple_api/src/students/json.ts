import { createScanner, ScanError, SyntaxKind } from 'jsonc-parser';
import { AGE_RULE, nameMistake } from './student';

const [LINE_FEED, RETURN] = [10, 13];

/** What is wrong with a text, and where. The message never quotes it. */
export class JsonError extends Error {
  override readonly name = 'JsonError';

  /** @param before the text before it; line and column are counted from 1, the column in UTF-16 units */
  constructor(reason: string, before: string) {
    let [line, start] = [1, 0];
    for (let at = 0; at < before.length; at++) {
      const unit = before.charCodeAt(at);
      if (unit !== LINE_FEED && (unit !== RETURN || before.charCodeAt(at + 1) === LINE_FEED))
        continue;
      line++;
      start = at + 1;
    }
    super(`line ${line}, column ${before.length - start + 1}: ${reason}`);
  }
}

/** Reads the members of an object of ages one by one. @throws JsonError at the first mistake */
export function* readAges<Value>(text: string, isValue: (value: unknown) => value is Value) {
  for (const { value, ...member } of readMembers(text)) {
    const mistake = nameMistake(member.name);
    if (mistake) throw new JsonError(mistake, text.slice(0, member.start));
    if (!isValue(value)) throw new JsonError(AGE_RULE, text.slice(0, member.valueStart));
    yield { ...member, value };
  }
}

/**
 * Reads the members of an object of plain values one by one. `JSON.parse` lets the last of two equal names
 * win, puts numbers first, and in Node.js 24 and 26 may give a member another's name (nodejs/node#63785).
 *
 * @returns where each is in the text, as well
 * @throws JsonError at the first mistake
 */
export function* readMembers(text: string) {
  const scanner = createScanner(text, false);
  const names = new Set<string>();

  function next(): SyntaxKind {
    // Not left to the scanner, for which megabytes of white space are a value that fills the heap.
    WHITE_SPACE.lastIndex = scanner.getPosition();
    WHITE_SPACE.test(text);
    scanner.setPosition(WHITE_SPACE.lastIndex);
    const token = scanner.scan();
    if (token === SyntaxKind.LineCommentTrivia || token === SyntaxKind.BlockCommentTrivia) {
      fail('JSON has no comments');
    }
    const error = scanner.getTokenError();
    if (error !== ScanError.None) fail(SCAN_ERRORS[error]);
    return token;
  }

  function fail(reason: string): never {
    throw new JsonError(reason, text.slice(0, scanner.getTokenOffset()));
  }

  function expect(token: SyntaxKind, wanted: SyntaxKind, what: string): void {
    if (token !== wanted) fail(`expected ${what}${HINTS[token] ?? ''}`);
  }

  function readValue(token: SyntaxKind): unknown {
    const value = scanner.getTokenValue();
    if (token === SyntaxKind.StringLiteral) return value;
    if (token === SyntaxKind.NullKeyword) return null;
    if (token === SyntaxKind.TrueKeyword) return true;
    if (token === SyntaxKind.FalseKeyword) return false;
    // `20.0` and `2e1` are not written as an age is.
    if (token === SyntaxKind.NumericLiteral) return /^[0-9]+$/.test(value) ? Number(value) : NaN;
    return fail(`expected an age${HINTS[token] ?? ''}`);
  }

  expect(next(), SyntaxKind.OpenBraceToken, "'{'");
  let token = next();
  while (token !== SyntaxKind.CloseBraceToken) {
    expect(token, SyntaxKind.StringLiteral, 'a name in double quotes');
    const start = scanner.getTokenOffset();
    const name = scanner.getTokenValue();
    if (names.has(name)) fail('this name is there already');
    names.add(name);
    expect(next(), SyntaxKind.ColonToken, "':'");
    const value = readValue(next());
    const valueStart = scanner.getTokenOffset();
    yield { name, value, start, valueStart, end: valueStart + scanner.getTokenLength() };
    token = next();
    if (token === SyntaxKind.CloseBraceToken) break;
    expect(token, SyntaxKind.CommaToken, "',' or '}'");
    token = next();
    if (token === SyntaxKind.CloseBraceToken) fail('JSON has no comma after the last member');
  }
  expect(next(), SyntaxKind.EOF, 'nothing more');
}

const FORM = '; the whole list has the form {"Anna": "20", "Omar": 21}';

/** Said of a token that is not the expected one. */
const HINTS: Partial<Record<SyntaxKind, string>> = {
  [SyntaxKind.EOF]: ', but the text ends',
  [SyntaxKind.OpenBraceToken]: FORM,
  [SyntaxKind.OpenBracketToken]: FORM,
};

/** RFC 8259, 2. */
const WHITE_SPACE = /[ \t\n\r]*/y;

const SCAN_ERRORS: Record<Exclude<ScanError, ScanError.None>, string> = {
  [ScanError.UnexpectedEndOfComment]: 'JSON has no comments',
  [ScanError.UnexpectedEndOfString]: 'a string does not end on its line',
  [ScanError.UnexpectedEndOfNumber]: 'a number is not complete',
  [ScanError.InvalidUnicode]: "a '\\u' must be followed by four hexadecimal digits",
  [ScanError.InvalidEscapeCharacter]: "a string has a '\\' before a character that takes none",
  [ScanError.InvalidCharacter]: 'a string has a control character, which must be escaped',
};
