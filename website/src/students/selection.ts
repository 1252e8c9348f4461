import { fold } from './fold';
import type { Student, StudentList } from './list';
import type { StudentQuery } from './query';

/**
 * The most characters of folded names that are kept, enough for all names of a list. Folding can make
 * a name 18 times as long; the names that are too much are folded for each filter.
 */
export const MAX_FOLDED = 40_000_000;

/**
 * The order of names as people know it, the same wherever this runs. Not that of the numbers in them:
 * with 200,000 names that are all digits or all accents it takes a minute and more; this takes seconds.
 */
const { compare } = new Intl.Collator('en');

interface Entry {
  readonly student: Student;
  readonly folded: string | undefined;
}

type Select = (query: StudentQuery, start?: number, end?: number) => StudentList;

/**
 * Prepares a list for queries: it is sorted once for each order, and its names are folded once.
 *
 * @param list in the order of the names by code point, which decides where people see no difference
 * @returns picks the students of a query, on all pages, in its order. Students of one age are ordered
 *   by name, whatever the order of the ages. With two positions of the whole order it looks only at those
 *   from the one to before the other.
 */
export function createSelection(list: StudentList): Select {
  let kept = 0;
  const entries = list.map((student): Entry => {
    const folded = fold(student[0]);
    kept += folded.length;
    return { student, folded: kept <= MAX_FOLDED ? folded : undefined };
  });
  entries.sort((a, b) => compare(a.student[0], b.student[0]));
  const sorted = new Map([['name asc', entries]]);

  function inOrder({ sort, order }: StudentQuery): readonly Entry[] {
    const key = `${sort} ${order}`;
    const known = sorted.get(key) ?? sortEntries(entries, sort, order);
    sorted.set(key, known);
    return known;
  }

  return (query, start, end) => {
    const wanted = fold(query.name);
    const ordered = inOrder(query).slice(start, end);
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
