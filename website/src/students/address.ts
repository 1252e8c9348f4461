/** What a visitor wants to see of the list. */
export interface StudentQuery {
  /** What the names must contain; empty for all. */
  readonly name: string;
  readonly sort: 'name' | 'age';
  readonly order: 'asc' | 'desc';
  /** From 1; there may be fewer pages. */
  readonly page: number;
}

/** Of a page of the list: of a hundred students, or of `size`. */
export type PageQuery = StudentQuery & { readonly size?: number };

/** The most characters (UTF-16 units) of a filter: those an input's `maxlength` counts. */
export const MAX_FILTER_LENGTH = 200;

/** The last page of the longest list in a file; behind it, the API decides. */
const MAX_PAGE = 300;

/** How many students a page has. */
export const PAGE_SIZE = 100;

/** What is shown when nothing is asked for: everything, by name, from the start. */
export const DEFAULT_QUERY: StudentQuery = { name: '', sort: 'name', order: 'asc', page: 1 };

/** Reads the query of a request's address. */
export function queryOf({ url }: { url: string }): StudentQuery {
  const start = url.indexOf('?');
  return start === -1 ? DEFAULT_QUERY : parseStudentQuery(url.slice(start + 1));
}

/**
 * Reads the query of a page's address. A visitor may have typed it: what makes no sense counts as
 * not being there, and of a repeated parameter the first counts.
 *
 * @param search what follows the `?`
 */
export function parseStudentQuery(search: string): StudentQuery {
  const parameters = new URLSearchParams(search);
  const page = parameters.get('page') ?? '';
  const name = (parameters.get('name') ?? '').replace(/\p{Cc}/gu, ''); // no name has any
  return {
    name: name.trim().slice(0, MAX_FILTER_LENGTH).toWellFormed(),
    sort: parameters.get('sort') === 'age' ? 'age' : 'name',
    order: parameters.get('order') === 'desc' ? 'desc' : 'asc',
    page: /^\d+$/.test(page) ? Math.min(MAX_PAGE, Math.max(1, Number(page))) : 1,
  };
}

/**
 * Writes the address of the list's page that shows a query, without what is the default anyway.
 *
 * @param path of the page, or of the file
 */
export function studentsAddress(query: StudentQuery, path = '/students'): string {
  if (query === DEFAULT_QUERY) return path;
  const parameters = new URLSearchParams();
  for (const key of ['name', 'sort', 'order', 'page'] as const) {
    if (query[key] !== DEFAULT_QUERY[key]) parameters.set(key, String(query[key]));
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

/** Writes how the API is asked for a page. */
export function apiQuery({ name, sort, order, page, size = PAGE_SIZE }: PageQuery): string {
  return `?${new URLSearchParams({ name, sort, order, page: `${page}`, size: `${size}` })}`;
}
