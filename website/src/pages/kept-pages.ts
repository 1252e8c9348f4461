/** A page as it was sent, and the version of the list that it shows. */
export interface KeptPage {
  readonly version: string;
  readonly html: Buffer;
}

/** How many are kept: a page has at most 100 rows, so they stay within some megabytes. */
export const MAX_PAGES = 100;

/** Keeps the pages that were asked for last, by address. */
export function createKeptPages() {
  const pages = new Map<string, KeptPage>();
  return {
    keep(address: string, page: KeptPage): void {
      pages.set(address, page);
      const [oldest] = pages.keys();
      if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    },
    get(address: string): KeptPage | undefined {
      const page = pages.get(address);
      pages.delete(address);
      if (page) pages.set(address, page); // stands last
      return page;
    },
  };
}
