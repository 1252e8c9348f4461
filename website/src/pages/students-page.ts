import type { ListPage } from '../api/responses';
import { isFiltered, PAGE_SIZE, type StudentQuery, studentsAddress } from '../students/address';
import { createAgeChart, describeAges } from '../students/chart';
import { pageNumbers } from '../students/page-links';
import { years } from '../students/student';

/** Puts together what a page of the list shows, from what the API gives for its query. */
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
    title: titleOf(query, number, count),
    query: { ...query, page: number }, // a page that exists
    csvAddress: studentsAddress({ ...query, page: 1 }, '/students.csv'),
    count: countStudents(all, isFiltered(query) ? matching : undefined),
    ages: query.age === undefined ? describeAges(list.ages) : '', // of all who are shown
    isEmpty: all === 0, // nobody is on the list, matching or not
    page: { number, count, first: before + 1, last: before + list.students.length },
    rows: list.students.map(({ name, age }) => [name, `${years(age)} old`]),
    chart: createAgeChart(list.ages),
    ofAge: (age: number | undefined) => address({ age, page: 1 }),
    columns: [column('Name', 'name'), column('Age', 'age')],
    previous: number > 1 ? address({ page: number - 1 }) : undefined,
    next: number < count ? address({ page: number + 1 }) : undefined,
    /** `undefined` stands for pages that are left out. */
    numbered: pageNumbers(number, count).map(
      (page) => page && { page, address: address({ page }) },
    ),
    anyNameAddress: address({ name: '', page: 1 }),
    allAddress: address({ name: '', age: undefined, page: 1 }),
  };
}

function titleOf({ name, age }: StudentQuery, number: number, count: number): string {
  const students = age === undefined ? 'Students' : `Students aged ${age}`;
  const which = name ? `${students} matching “${name}”` : students;
  return count > 1 ? `${which}, page ${number} of ${count}` : which;
}

/** Says how many students there are: of all, how many match a filter. */
export function countStudents(all: number, matching?: number): string {
  const total = `${all.toLocaleString('en-US')} ${all === 1 ? 'student' : 'students'}`;
  return matching === undefined ? total : `${matching.toLocaleString('en-US')} of ${total}`;
}
