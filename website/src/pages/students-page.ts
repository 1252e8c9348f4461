import type { Age } from '../students/list';
import { pageNumbers } from '../students/paginate';
import { MAX_FILTER_LENGTH, type StudentQuery, studentsAddress } from '../students/query';
import type { Excerpt } from '../students/students';

/** All that the page of the list shows. */
export type StudentsPage = ReturnType<typeof createStudentsPage>;

/**
 * Puts together what the page of the list shows, from the excerpt that its query asks for.
 *
 * @param path of the page
 */
export function createStudentsPage(excerpt: Excerpt, query: StudentQuery, path = '/students') {
  const { all, matching, page, chart } = excerpt;
  const address = (change: Partial<StudentQuery>) => studentsAddress({ ...query, ...change }, path);
  const { number, count } = page;

  /** A column's heading, which orders the list by it, or the other way round. */
  function column(title: string, sort: StudentQuery['sort']) {
    const order = query.sort === sort ? query.order : undefined;
    // In another order, "page 3" would be other students: back to the start.
    const next = address({ sort, order: order === 'asc' ? 'desc' : 'asc', page: 1 });
    return { title, order, address: next };
  }

  return {
    title: titleOf(query.name, page),
    query: { ...query, page: number }, // a page that exists
    maxFilterLength: MAX_FILTER_LENGTH,
    csvAddress: studentsAddress({ ...query, page: 1 }, '/students.csv'),
    count: countStudents(all, query.name === '' ? undefined : matching),
    isEmpty: all === 0, // nobody is on the list, matching or not
    page,
    rows: page.items.map(([name, age]) => [name, inWords(age), age] as const),
    chart,
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
function titleOf(filter: string, { number, count }: Excerpt['page']): string {
  const which = filter ? `Students matching “${filter}”` : 'Students';
  return count > 1 ? `${which}, page ${number} of ${count}` : which;
}

/** Says how old somebody is. */
function inWords(age: Age): string {
  return `${age} ${Number(age) === 1 ? 'year' : 'years'} old`;
}

function countStudents(all: number, matching: number | undefined): string {
  const total = `${all.toLocaleString('en-US')} ${all === 1 ? 'student' : 'students'}`;
  return matching === undefined ? total : `${matching.toLocaleString('en-US')} of ${total}`;
}
