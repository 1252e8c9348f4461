/** An age, 0 to 150, in the type and the text that the API sends it in. */
export type Age = string | number;

export interface Student {
  readonly name: string;
  readonly age: Age;
}

const MAX_AGE = 150;

export function isAge(value: unknown): value is Age {
  const isText = typeof value === 'string' || typeof value === 'number';
  return isText && /^[0-9]{1,3}$/.test(`${value}`) && Number(value) <= MAX_AGE;
}
