import { NoListError } from '../students/store';
import { nameMistake, type Student } from '../students/student';

/** A student as the database has it; the age is JSON. */
export interface Row {
  readonly name: string;
  readonly age: string;
}

/** With a name, a statement is parsed and planned once on each connection. */
export const FIND = { name: 'find', text: 'SELECT name, age FROM student WHERE name = ANY($1)' };

/** Those that may be there: PostgreSQL takes no others. */
export const findable = (names: readonly string[]) => names.filter((name) => !nameMistake(name));

export const toStudent = ({ name, age }: Row): Student => ({
  name,
  age: age.startsWith('"') ? age.slice(1, -1) : Number(age),
});

/** What stands for the whole list. */
export interface ListRow {
  readonly version: string;
  readonly all: number;
}

export const LIST = { name: 'list', text: 'SELECT version, students AS "all" FROM list' };

/** @throws NoListError where somebody has taken it away */
export function theOne<T>([row]: readonly T[]): T {
  if (row === undefined) throw new NoListError('the database has lost its list');
  return row;
}
