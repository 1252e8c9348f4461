import type { StudentQuery } from '../students/address';

/** A page of the list, of a hundred students or of `size`. */
export type PageQuery = StudentQuery & { readonly size?: number };

/** How the API is asked for a page. */
export function pathOf({ name, sort, order, page, size = 100 }: PageQuery): string {
  return `?${new URLSearchParams({ name, sort, order, page: `${page}`, size: `${size}` })}`;
}
