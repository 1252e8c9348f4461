import type { EncodedHtml } from './html-answer';
import type { StudentList } from './student-list';

/** How many pages are kept: a page has at most 100 rows, so they stay within some megabytes. */
export const MAX_PAGES = 100;

/**
 * Makes the page of a list.
 *
 * @param search what follows the `?` of the page's address
 * @returns HTML as it is sent
 */
export type CreatePage = (list: StudentList, search: string) => Promise<EncodedHtml>;

/**
 * Keeps rendered pages for as long as the list is the same one.
 *
 * @param createPage what it returns must depend on the list and the query alone
 * @returns the same function, which renders only what it does not have
 */
export function createPageCache(createPage: CreatePage): CreatePage {
  let ofList: StudentList | undefined;
  /** By query as it was sent; the page that was asked for last stands last. */
  const pages = new Map<string, Promise<EncodedHtml>>();

  function create(list: StudentList, search: string): Promise<EncodedHtml> {
    const page = createPage(list, search);
    page.catch(() => {
      // What failed may succeed the next time.
      if (pages.get(search) === page) pages.delete(search);
    });
    return page;
  }

  return (list, search) => {
    if (list !== ofList) {
      pages.clear();
      ofList = list;
    }
    const page = pages.get(search) ?? create(list, search);
    pages.delete(search);
    pages.set(search, page);
    const [oldest] = pages.keys();
    if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    return page;
  };
}
