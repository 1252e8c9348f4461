/** An age, 0 to 150, in the type and the text that the API sends it in. */
export type Age = string | number;

export type Student = Readonly<{ name: string; age: Age }>;

export function isAge(value: unknown): value is Age {
  const isText = typeof value === 'string' || typeof value === 'number';
  return isText && /^[0-9]{1,3}$/.test(`${value}`) && Number(value) <= 150;
}

export const years = (age: Age) => `${age} ${Number(age) === 1 ? 'year' : 'years'}`;

/** What a name shows nothing of; the joiners show between letters that are joined, as in Persian. */
const INVISIBLE = /(?![\u200c\u200d])\p{Cf}|(?<=^|\s|\p{Script=Latin}|\p{M})[\u200c\u200d]/gu;

/** Writes names alike that look alike: white space is one blank, what cannot be seen goes (NFC). */
export function cleanName(name: string): string {
  return name.replace(INVISIBLE, '').replace(/\s+/g, ' ').trim().normalize('NFC');
}
