/** An age, 0 to 150, in the type and the text that the API sends it in. */
export type Age = string | number;

export type Student = readonly [name: string, age: Age];

/**
 * The list: an ordered array of pairs. It is never an object used as a map, in which `__proto__`
 * and `10` would not be names like all others.
 */
export type StudentList = readonly Student[];

const MAX_AGE = 150;

export function isAge(value: unknown): value is Age {
  const isText = typeof value === 'string' || typeof value === 'number';
  return isText && /^[0-9]{1,3}$/.test(`${value}`) && Number(value) <= MAX_AGE;
}

/** The most students of a list: the API's own limit. */
export const MAX_STUDENTS = 200_000;
