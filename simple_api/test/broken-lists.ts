const NAME = 'expected a name in double quotes';
const RULE = 'an age must be from 0 to 150: a whole number, or one to three digits in quotes';
const AGE = 'expected an age';
const TWICE = 'this name is there already';
const LONG = 'a name has more than 200 characters';
const CONTROL = 'a name has a control character, such as a line break';
const ENDS = 'but the text ends';
const FORM = 'the whole list has the form {"Anna": "20", "Omar": 21}';

/** Texts that are no list, with a ¦ where the mistake is, and what is said of it. */
const CASES: readonly (readonly [text: string, why: string])[] = [
  ['¦', `expected '{', ${ENDS}`],
  ['¦hello', "expected '{'"],
  ['¦["Ahmed", "20"]', `expected '{'; ${FORM}`],
  ['{"students": ¦[{"name": "Ahmed", "age": 20}]}', `${AGE}; ${FORM}`],
  ['{¦', `${NAME}, ${ENDS}`],
  ['{"Ahmed"¦', `expected ':', ${ENDS}`],
  ['{"Ahmed": "20"¦', `expected ',' or '}', ${ENDS}`],
  ['{"Ahmed": ¦"2', 'a string does not end on its line'],
  ['{\n  "Ahmed": "20",\n¦}', 'JSON has no comma after the last member'],
  ['{"Ahmed": 1,¦, "Sara": 2}', NAME],
  ['{"Ahmed": "20"\n ¦"Sara": "23"}', "expected ',' or '}'"],
  ['{"Ahmed" ¦"20"}', "expected ':'"],
  ['{¦Ahmed: "20"}', NAME],
  ['{\n  ¦// first year\n  "Ahmed": "20"}', 'JSON has no comments'],
  ['{"Ahmed": ¦/* ? */ "20"}', 'JSON has no comments'],
  ['{} ¦/* x', 'JSON has no comments'],
  ['{"Ahmed": "20"} ¦{}', 'expected nothing more'],
  ['{"Ahmed": "20",\n "Sara": "23",\n ¦"Ahmed": "21"}', TWICE],
  ['{"Ahmed": "20",\r "Sara": "23",\r\n\n ¦"Ahmed": "21"}', TWICE],
  ['{"Ahmed": "20", ¦"\\u0041hmed": "21"}', TWICE],
  ['{¦"": "20"}', 'a name is empty'],
  [`{¦"${'😀'.repeat(201)}": 1}`, LONG],
  ['{¦"\\ud83d": 1}', 'a name has half of a surrogate pair, which is no character'],
  ['{¦"Ah\\nmed": 1}', CONTROL],
  ['{¦"Ahmed\u0085": 1}', CONTROL],
  ['{¦"\\x41": 1}', "a string has a '\\' before a character that takes none"],
  ['{¦"\\u41": 1}', "a '\\u' must be followed by four hexadecimal digits"],
  ['{¦"Ah\tmed": 1}', 'a string has a control character, which must be escaped'],
  ['{"Ahmed": ¦"twenty"}', RULE],
  ['{"Ahmed": ¦"0020"}', RULE],
  ['{"Ahmed": ¦"٢٠"}', RULE],
  ['{"Ahmed": ¦"20\\n"}', RULE],
  ['{"Ahmed": ¦151}', RULE],
  ['{"Ahmed": ¦-1}', RULE],
  ['{"Ahmed": ¦20.0}', RULE],
  ['{"Ahmed": ¦2.}', 'a number is not complete'],
  ['{"Ahmed": 0¦20}', "expected ',' or '}'"],
  ['{"Ahmed": ¦NaN}', AGE],
  ['{"Ahmed": ¦true}', RULE],
  ['{"Ahmed": ¦null}', RULE],
  ['{"student_ages": ¦{"Ahmed": "20"}}', `${AGE}; ${FORM}`],
  ['{¦\u00a0"Ahmed": "20"}', NAME],
];

/** The ways in which a text can fail to be a list: where, and what is said of it. */
export const BROKEN_LISTS = CASES.map(([marked, why]) => {
  const [before = '', after = ''] = marked.split('¦');
  const lines = before.split(/\r\n|\n|\r/);
  const column = (lines.at(-1) ?? '').length + 1;
  return { text: before + after, line: lines.length, column, why };
});
