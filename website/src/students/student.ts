/** An age, 0 to 150, in the type and the text that the API sends it in. */
export type Age = string | number;

export type Student = Readonly<{ name: string; age: Age }>;

export function isAge(value: unknown): value is Age {
  const isText = typeof value === 'string' || typeof value === 'number';
  return isText && /^[0-9]{1,3}$/.test(`${value}`) && Number(value) <= 150;
}

export const years = (age: Age) => `${age} ${Number(age) === 1 ? 'year' : 'years'}`;
