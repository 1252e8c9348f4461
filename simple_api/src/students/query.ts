import type { Student } from './student';

/** In characters (code points). */
export const MAX_FILTER_LENGTH = 200;

/** What is asked of the list. Students of one age are by name, whatever the order. */
export interface StudentQuery {
  /** What names must contain, both folded; empty for all. */
  readonly name: string;
  /** That students must have, in years, whatever its type and zeros; none for all. */
  readonly age?: number | undefined;
  readonly sort: 'name' | 'age';
  readonly order: 'asc' | 'desc';
  /** From 1; behind the end it is the last one. */
  readonly page: number;
  readonly size: number;
}

/** One page of one state of the list. */
export interface Page {
  readonly version: Version;
  readonly students: readonly Student[];
  /** From 1, of at least one. */
  readonly page: number;
  readonly pages: number;
  readonly matching: number;
  readonly all: number;
  /** How many have each age of those whose names match, whichever age is asked for. */
  readonly ages: Readonly<Record<number, number>>;
}

/** Names a state of the list: the same on all replicas, and never another state's. */
export type Version = string;
