/** How many are kept: a page has at most 100 rows, so they stay within some megabytes. */
export const MAX_PAGES = 100;

/** Keeps the pages that were asked for last, as they were sent, by address. */
export function createKeptPages() {
  const pages = new Map<string, { version: string; html: Buffer }>();
  return {
    keep(address: string, version: string, html: Buffer): void {
      pages.set(address, { version, html });
      const [oldest] = pages.keys();
      if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    },
    /** @param version of the list that the page must show; none for any */
    get(address: string, version?: string): Buffer | undefined {
      const page = pages.get(address);
      if (!page) return undefined;
      pages.delete(address);
      pages.set(address, page); // stands last
      return version === undefined || version === page.version ? page.html : undefined;
    },
  };
}
