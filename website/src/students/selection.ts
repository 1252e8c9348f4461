import type { StudentList } from './list';
import type { StudentQuery } from './query';

/**
 * Picks the students of a query, on all pages, in its order. Students of one age are ordered by
 * name, whatever the order of the ages.
 *
 * @param list in the order of the names
 */
export function selectStudents(list: StudentList, query: StudentQuery): StudentList {
  const matching = filterByName(list, query.name);
  const direction = query.order === 'asc' ? 1 : -1;
  if (query.sort === 'age') {
    return matching.toSorted(([, a], [, b]) => direction * (Number(a) - Number(b)));
  }
  return query.order === 'asc' ? matching : matching.toReversed();
}

function filterByName(list: StudentList, filter: string): StudentList {
  if (filter === '') return list;
  const wanted = fold(filter);
  return list.filter(([name]) => fold(name).includes(wanted));
}

/** Makes texts equal that a reader takes for equal: case, composed and full-width characters. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
