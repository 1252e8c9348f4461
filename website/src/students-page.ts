import { type AgeChart, createAgeChart } from './age-chart';
import { type Page, pageNumbers, paginate } from './paginate';
import type { Student, StudentList } from './student-list';
import {
  DEFAULT_QUERY,
  MAX_FILTER_LENGTH,
  type Order,
  type Sort,
  type StudentQuery,
  studentsAddress,
} from './student-query';
import { selectStudents } from './student-selection';

/** All that the page of the list shows. */
export interface StudentsPage {
  /** The query that it answers, with a page that exists. */
  readonly query: StudentQuery;
  readonly maxFilterLength: number;
  /** How many students there are and match, in words. */
  readonly count: string;
  /** Whether there is anybody on the list, matching or not. */
  readonly isEmpty: boolean;
  readonly page: Page<Student>;
  readonly chart: AgeChart;
  readonly columns: readonly Column[];
  readonly links: PageLinks;
  /** The address without the filter. */
  readonly allAddress: string;
}

/** A column's heading, which orders the list by it, or the other way round. */
export interface Column {
  readonly title: string;
  readonly address: string;
  /** How the list is ordered by this column now; undefined when it is by another. */
  readonly order: Order | undefined;
}

/** The addresses of the other pages. */
export interface PageLinks {
  readonly previous: string | undefined;
  readonly next: string | undefined;
  /** `undefined` stands for pages that are left out. */
  readonly numbered: readonly (PageLink | undefined)[];
}

/** The address of one page. */
export interface PageLink {
  readonly number: number;
  readonly address: string;
}

/**
 * Puts together what the page of the list shows.
 *
 * @param list the whole list, in the order of the names
 * @param query what to show of it
 */
export function createStudentsPage(list: StudentList, query: StudentQuery): StudentsPage {
  const matching = selectStudents(list, query);
  const page = paginate(matching, query.page);
  return {
    query: { ...query, page: page.number },
    maxFilterLength: MAX_FILTER_LENGTH,
    count: countStudents(list.length, query.name === '' ? undefined : matching.length),
    isEmpty: list.length === 0,
    page,
    chart: createAgeChart(matching),
    columns: [createColumn('Name', 'name', query), createColumn('Age', 'age', query)],
    links: createPageLinks(page, query),
    allAddress: studentsAddress({ ...query, name: '', page: 1 }),
  };
}

function countStudents(all: number, matching: number | undefined): string {
  const total = `${all.toLocaleString('en-US')} ${all === 1 ? 'student' : 'students'}`;
  return matching === undefined ? total : `${matching.toLocaleString('en-US')} of ${total}`;
}

function createColumn(title: string, sort: Sort, query: StudentQuery): Column {
  const order = query.sort === sort ? query.order : undefined;
  // In another order, "page 3" would be other students: back to the start.
  const next: StudentQuery = {
    ...query,
    sort,
    order: order === 'asc' ? 'desc' : 'asc',
    page: DEFAULT_QUERY.page,
  };
  return { title, address: studentsAddress(next), order };
}

function createPageLinks({ number, count }: Page<Student>, query: StudentQuery): PageLinks {
  const address = (page: number) => studentsAddress({ ...query, page });
  return {
    previous: number > 1 ? address(number - 1) : undefined,
    next: number < count ? address(number + 1) : undefined,
    numbered: pageNumbers(number, count).map((page) =>
      page === undefined ? undefined : { number: page, address: address(page) },
    ),
  };
}
