import type { ListPage } from '../api/responses';
import {
  MAX_FILTER_LENGTH,
  PAGE_SIZE,
  type StudentQuery,
  studentsAddress,
} from '../students/address';
import { createAgeChart } from '../students/chart';
import { pageNumbers } from '../students/page-links';
import type { Age } from '../students/student';

/** All that the page of the list shows. */
export type StudentsPage = ReturnType<typeof createStudentsPage>;

/**
 * Puts together what the page of the list shows, from what the API gives for its query.
 *
 * @param path of the page
 */
export function createStudentsPage(list: ListPage, query: StudentQuery, path = '/students') {
  const { all, matching, page: number, pages: count } = list;
  const address = (change: Partial<StudentQuery>) => studentsAddress({ ...query, ...change }, path);
  const before = (number - 1) * PAGE_SIZE;

  /** A column's heading, which orders the list by it, or the other way round. */
  function column(title: string, sort: StudentQuery['sort']) {
    const order = query.sort === sort ? query.order : undefined;
    // In another order, "page 3" would be other students: back to the start.
    const next = address({ sort, order: order === 'asc' ? 'desc' : 'asc', page: 1 });
    return { title, order, address: next };
  }

  return {
    title: titleOf(query.name, number, count),
    query: { ...query, page: number }, // a page that exists
    maxFilterLength: MAX_FILTER_LENGTH,
    csvAddress: studentsAddress({ ...query, page: 1 }, '/students.csv'),
    count: countStudents(all, query.name === '' ? undefined : matching),
    isEmpty: all === 0, // nobody is on the list, matching or not
    page: { number, count, first: before + 1, last: before + list.students.length },
    rows: list.students.map(({ name, age }) => [name, inWords(age), age] as const),
    chart: createAgeChart(list.ages),
    columns: [column('Name', 'name'), column('Age', 'age')],
    previous: number > 1 ? address({ page: number - 1 }) : undefined,
    next: number < count ? address({ page: number + 1 }) : undefined,
    /** `undefined` stands for pages that are left out. */
    numbered: pageNumbers(number, count).map(
      (page) => page && { page, address: address({ page }) },
    ),
    allAddress: address({ name: '', page: 1 }),
  };
}

/** Tells the pages from each other in a browser's tabs and history. */
function titleOf(filter: string, number: number, count: number): string {
  const which = filter ? `Students matching “${filter}”` : 'Students';
  return count > 1 ? `${which}, page ${number} of ${count}` : which;
}

/** Says how old somebody is. */
function inWords(age: Age): string {
  return `${age} ${Number(age) === 1 ? 'year' : 'years'} old`;
}

/** Says how many students there are: of all, how many match a filter. */
export function countStudents(all: number, matching?: number): string {
  const total = `${all.toLocaleString('en-US')} ${all === 1 ? 'student' : 'students'}`;
  return matching === undefined ? total : `${matching.toLocaleString('en-US')} of ${total}`;
}
