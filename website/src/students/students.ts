import { createAgeChart } from './chart';
import { CSV_HEAD, toCsv } from './csv';
import type { StudentList } from './list';
import { paginate } from './paginate';
import { compare } from './paste';
import type { StudentQuery } from './query';
import { createSelection } from './selection';

/**
 * How many students a part of a file is made of, at most: 60 kB if all have the longest names. Each
 * client that takes a file has one waiting, and a thousand that take nothing must not fill the memory.
 */
export const PART_SIZE = 100;

/** What can be had of a list. */
export type PreparedList = ReturnType<typeof prepareList>;

/** What one page shows of the list. */
export type Excerpt = ReturnType<PreparedList['excerpt']>;

/** What a paste would change of it. */
export type Comparison = ReturnType<PreparedList['compare']>;

/** A part of a CSV file, and the position in the list where the next one starts, unless it is the last. */
export type CsvPart = ReturnType<PreparedList['csvPart']>;

/**
 * A list, wherever it is held. What is asked of it is done in turn, and not at all when, at its turn,
 * `isWanted` says that nobody waits for it any more, or when the list has been closed; it is undefined
 * then.
 */
export interface Students {
  excerpt(query: StudentQuery, isWanted: () => boolean): Promise<Excerpt | undefined>;
  /** @param start 0, or where the part before says */
  csvPart(
    query: StudentQuery,
    start: number,
    isWanted: () => boolean,
  ): Promise<CsvPart | undefined>;
  /** @param text rows of a spreadsheet */
  compare(text: string, isWanted: () => boolean): Promise<Comparison | undefined>;
  /** Whether it is held no more. */
  isLost(): boolean;
  /** Frees its memory, after what is being done. */
  close(): Promise<void>;
}

/** Prepares a list for all that is asked of it. */
export function prepareList(list: StudentList) {
  const select = createSelection(list);
  return {
    excerpt(query: StudentQuery) {
      const matching = select(query);
      return {
        all: list.length,
        matching: matching.length,
        page: paginate(matching, query.page),
        chart: createAgeChart(matching),
      };
    },
    compare: (text: string) => compare(text, list),
    csvPart(query: StudentQuery, start: number) {
      const end = start + PART_SIZE;
      const text = toCsv(select(query, start, end));
      return {
        bytes: new TextEncoder().encode(start === 0 ? CSV_HEAD + text : text),
        next: end < list.length ? end : undefined,
      };
    },
  };
}
