import type { Student } from './student';

/** The most characters (code points) of a filter. */
export const MAX_FILTER_LENGTH = 200;

/** What is asked of the list. */
export interface StudentQuery {
  /** What names must contain, both folded; empty for all. */
  readonly name: string;
  readonly sort: 'name' | 'age';
  /** Students of one age are by name whatever it is. */
  readonly order: 'asc' | 'desc';
  /** From 1; behind the end it is the last one. */
  readonly page: number;
  /** Students a page. */
  readonly size: number;
}

/** One page of one state of the list, with what is known of all who match. */
export interface Page {
  readonly version: Version;
  readonly students: readonly Student[];
  /** The page that this is, from 1, of so many: at least one. */
  readonly page: number;
  readonly pages: number;
  readonly matching: number;
  readonly all: number;
  /** How many of those who match have each age, by age. */
  readonly ages: Readonly<Record<number, number>>;
}

/** Names a state of the list: the same on all replicas, and never another state's. */
export type Version = string;
