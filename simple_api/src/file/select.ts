import { fold } from '../students/fold';
import type { Page, StudentQuery } from '../students/query';
import type { Entry } from './layout';

/** Picks the page that a query asks for. @param students in the order of people */
export function select(students: readonly Entry[], query: StudentQuery): Omit<Page, 'version'> {
  const wanted = fold(query.name);
  const named = wanted ? students.filter(({ folded }) => folded.includes(wanted)) : students;
  const byAge: Entry[][] = [];
  for (const student of named) {
    const years = Number(student.age);
    byAge[years] ??= [];
    byAge[years].push(student);
  }
  const matching = query.age === undefined ? named : (byAge[query.age] ?? []);
  const groups = query.age === undefined ? Object.values(byAge) : [matching];
  const pages = Math.max(1, Math.ceil(matching.length / query.size));
  const page = Math.min(query.page, pages);
  const start = (page - 1) * query.size;
  const onPage = inOrder(matching, groups, query).slice(start, start + query.size);
  return {
    students: onPage.map(({ name, age }) => ({ name, age })),
    page,
    pages,
    matching: matching.length,
    all: students.length,
    ages: Object.fromEntries(Object.entries(byAge).map(([years, { length }]) => [years, length])),
  };
}

function inOrder(
  matching: readonly Entry[],
  byAge: readonly (readonly Entry[])[],
  { sort, order }: StudentQuery,
): readonly Entry[] {
  if (sort === 'name') return order === 'asc' ? matching : matching.toReversed();
  return (order === 'asc' ? byAge : byAge.toReversed()).flat();
}
