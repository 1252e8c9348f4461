import { pageNumbers } from '../students/paginate';
import { MAX_FILTER_LENGTH, type StudentQuery, studentsAddress } from '../students/query';
import type { Excerpt } from '../students/students';

/** All that the page of the list shows. */
export type StudentsPage = ReturnType<typeof createStudentsPage>;

/** Puts together what the page of the list shows, from the excerpt that its query asks for. */
export function createStudentsPage(excerpt: Excerpt, query: StudentQuery) {
  const { all, matching, page, chart } = excerpt;
  const address = (change: Partial<StudentQuery>) => studentsAddress({ ...query, ...change });
  const { number, count } = page;

  /** A column's heading, which orders the list by it, or the other way round. */
  function column(title: string, sort: StudentQuery['sort']) {
    const order = query.sort === sort ? query.order : undefined;
    // In another order, "page 3" would be other students: back to the start.
    const next = address({ sort, order: order === 'asc' ? 'desc' : 'asc', page: 1 });
    return { title, order, address: next };
  }

  return {
    query: { ...query, page: number }, // a page that exists
    maxFilterLength: MAX_FILTER_LENGTH,
    count: countStudents(all, query.name === '' ? undefined : matching),
    isEmpty: all === 0, // nobody is on the list, matching or not
    page,
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

function countStudents(all: number, matching: number | undefined): string {
  const total = `${all.toLocaleString('en-US')} ${all === 1 ? 'student' : 'students'}`;
  return matching === undefined ? total : `${matching.toLocaleString('en-US')} of ${total}`;
}
