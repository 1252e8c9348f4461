import type { Student, StudentList } from './list';
import type { StudentQuery } from './query';

/**
 * The most characters of folded names that are kept, enough for all names of a list. Folding can make
 * a name 18 times as long; the names that are too much are folded for each filter.
 */
export const MAX_FOLDED = 40_000_000;

interface Entry {
  readonly student: Student;
  readonly folded: string | undefined;
}

/**
 * Prepares a list for queries: it is sorted once for each order, and its names are folded once.
 *
 * @param list in the order of the names
 * @returns picks the students of a query, on all pages, in its order. Students of one age are ordered
 *   by name, whatever the order of the ages.
 */
export function createSelection(list: StudentList): (query: StudentQuery) => StudentList {
  let kept = 0;
  const entries = list.map((student): Entry => {
    const folded = fold(student[0]);
    kept += folded.length;
    return { student, folded: kept <= MAX_FOLDED ? folded : undefined };
  });
  const sorted = new Map([['name asc', entries]]);

  function inOrder({ sort, order }: StudentQuery): readonly Entry[] {
    const key = `${sort} ${order}`;
    const known = sorted.get(key) ?? sortEntries(entries, sort, order);
    sorted.set(key, known);
    return known;
  }

  return (query) => {
    const wanted = fold(query.name);
    const ordered = inOrder(query);
    const matching = wanted
      ? ordered.filter(({ student, folded }) => (folded ?? fold(student[0])).includes(wanted))
      : ordered;
    return matching.map(({ student }) => student);
  };
}

function sortEntries(entries: readonly Entry[], sort: string, order: string): Entry[] {
  if (sort === 'name') return entries.toReversed();
  const direction = order === 'asc' ? 1 : -1;
  return entries.toSorted((a, b) => direction * (Number(a.student[1]) - Number(b.student[1])));
}

/** Makes texts equal that a reader takes for equal: case, composed and full-width characters. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
