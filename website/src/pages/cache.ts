import type { StudentList } from '../students/list';
import { type StudentQuery, studentsAddress } from '../students/query';

/** How many pages are kept: a page has at most 100 rows, so they stay within some megabytes. */
export const MAX_PAGES = 100;

/** Renders the page of a list that a query asks for. */
export type RenderPage = (list: StudentList, query: StudentQuery) => Promise<Buffer>;

/**
 * Keeps rendered pages for as long as the list is the same one.
 *
 * @param renderPage what it returns must depend on the list and the query alone
 * @returns the same function, which renders only what it does not have
 */
export function createPageCache(renderPage: RenderPage): RenderPage {
  let ofList: StudentList | undefined;
  /** By address; the page that was asked for last stands last. */
  const pages = new Map<string, Promise<Buffer>>();

  return (list, query) => {
    if (list !== ofList) {
      pages.clear();
      ofList = list;
    }
    const address = studentsAddress(query);
    const known = pages.get(address);
    const page = known ?? renderPage(list, query);
    pages.delete(address);
    pages.set(address, page);
    // What failed may succeed the next time.
    if (!known) page.catch(() => pages.get(address) === page && pages.delete(address));
    const [oldest] = pages.keys();
    if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    return page;
  };
}
