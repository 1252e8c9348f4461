import { isAge } from './student';

/** What a visitor wants to see of the list. */
export interface StudentQuery {
  readonly name: string; // what the names must contain; empty for all
  readonly age?: number | undefined; // that they must have, in years; none for all
  readonly sort: 'name' | 'age';
  readonly order: 'asc' | 'desc';
  readonly page: number; // from 1; there may be fewer pages
}

/** Of a page of the list: of a hundred students, or of `size`. */
export type PageQuery = StudentQuery & { readonly size?: number };

/** The most characters (UTF-16 units) of a filter: those an input's `maxlength` counts. */
const MAX_FILTER_LENGTH = 200;

export const PAGE_SIZE = 100;

export const DEFAULT_QUERY: StudentQuery = { name: '', sort: 'name', order: 'asc', page: 1 };

export const isFiltered = ({ name, age }: StudentQuery) => name !== '' || age !== undefined;

/** A visitor may have typed the query: what makes no sense counts as not being there. */
export function queryOf({ url }: { url: string }): StudentQuery {
  const start = url.indexOf('?');
  if (start === -1) return DEFAULT_QUERY;
  const parameters = new URLSearchParams(url.slice(start));
  const page = parameters.get('page') ?? '';
  const age = parameters.get('age') ?? '';
  const name = (parameters.get('name') ?? '').replace(/\p{Cc}/gu, ''); // no name has any
  return {
    name: name.trim().slice(0, MAX_FILTER_LENGTH).toWellFormed(),
    age: isAge(age) ? Number(age) : undefined,
    sort: parameters.get('sort') === 'age' ? 'age' : 'name',
    order: parameters.get('order') === 'desc' ? 'desc' : 'asc',
    page: /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1, // as the API takes it
  };
}

/** Writes the address that shows a query, without what is the default anyway. */
export function studentsAddress(query: StudentQuery, path = '/students'): string {
  if (query === DEFAULT_QUERY) return path;
  const parameters = new URLSearchParams();
  for (const key of ['name', 'age', 'sort', 'order', 'page'] as const) {
    if (query[key] !== DEFAULT_QUERY[key]) parameters.set(key, String(query[key]));
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

export function apiQuery({ age, size = PAGE_SIZE, ...query }: PageQuery): string {
  const given = { ...query, size, ...(age !== undefined && { age }) };
  return `?${new URLSearchParams(Object.entries(given).map(([key, it]) => [key, `${it}`]))}`;
}
