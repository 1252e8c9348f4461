/** Letters that Unicode does not take apart, as they are typed where the keyboard lacks them. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['þ', 'th'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['ħ', 'h'],
  ['ı', 'i'],
  ['ł', 'l'],
  ['ø', 'o'],
  ['ŧ', 't'],
  ['ς', 'σ'],
  ['’', "'"],
]);

const NOT_TAKEN_APART = new RegExp(`[${[...LETTERS.keys()].join('')}]`, 'g');

/** Marks of any script: accents, the vowels of Arabic. Those of one script, as of Devanagari, are letters. */
const MARKS = /\p{Script=Inherited}/gu;

/** Makes texts equal that are equal to somebody who looks for a name. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(MARKS, '')
    .replace(NOT_TAKEN_APART, (letter) => LETTERS.get(letter) ?? letter);
}

/** What texts are folded by: another rule above needs another number here. */
export const FOLDING = `1, Unicode ${process.versions['unicode']}`;
