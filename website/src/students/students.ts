import { createAgeChart } from './chart';
import type { StudentList } from './list';
import { paginate } from './paginate';
import type { StudentQuery } from './query';
import { createSelection } from './selection';

/** What one page shows of the list. */
export type Excerpt = ReturnType<ReturnType<typeof createExcerpts>>;

/** A list, wherever it is held. */
export interface Students {
  /**
   * @param isWanted whether somebody still waits for it, when its turn comes
   * @returns undefined when nobody does, or the list has been closed
   */
  excerpt(query: StudentQuery, isWanted: () => boolean): Promise<Excerpt | undefined>;
  /** Whether it is held no more. */
  isLost(): boolean;
  /** Frees its memory, after the excerpt that is being made. */
  close(): Promise<void>;
}

/** Prepares a list for {@link Excerpt}s of it. */
export function createExcerpts(list: StudentList) {
  const select = createSelection(list);
  return (query: StudentQuery) => {
    const matching = select(query);
    return {
      all: list.length,
      matching: matching.length,
      page: paginate(matching, query.page),
      chart: createAgeChart(matching),
    };
  };
}
