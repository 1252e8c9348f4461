import { type StudentQuery, studentsAddress } from '../students/query';
import type { Students } from '../students/students';

/** How many pages are kept: a page has at most 100 rows, so they stay within some megabytes. */
export const MAX_PAGES = 100;

/**
 * Renders the page of a list that a query asks for.
 *
 * @returns undefined when, at its turn, nobody waited for it any more or the list was another
 */
export type RenderPage = (
  students: Students,
  query: StudentQuery,
  isWanted: () => boolean,
) => Promise<Buffer | undefined>;

/**
 * Keeps rendered pages for as long as the list is the same one.
 *
 * @param renderPage what it returns must depend on the list and the query alone
 * @returns the same function, which renders only what it does not have
 */
export function createPageCache(renderPage: RenderPage): RenderPage {
  let ofList: Students | undefined;
  /** By address; the page that was asked for last stands last. */
  const pages = new Map<string, Promise<Buffer | undefined>>();

  return (students, query, isWanted) => {
    if (students !== ofList) {
      pages.clear();
      ofList = students;
    }
    const address = studentsAddress(query);
    const known = pages.get(address);
    const page = known ?? renderPage(students, query, isWanted);
    pages.delete(address);
    pages.set(address, page);
    // What failed, or was not wanted, may succeed the next time.
    const forget = () => pages.get(address) === page && pages.delete(address);
    if (!known) page.then((html) => html ?? forget(), forget);
    const [oldest] = pages.keys();
    if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    return page;
  };
}
