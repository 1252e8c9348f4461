/** How many are kept, and in how many bytes: names may be long. */
export const MAX_PAGES = 100;
const MAX_BYTES = 4 * 1024 * 1024;

/** Keeps the pages that were asked for last, as they were sent, by address. */
export function createKeptPages() {
  const pages = new Map<string, { version: string; html: Buffer }>();
  let bytes = 0;
  return {
    keep(address: string, version: string, html: Buffer): void {
      bytes += html.length - (pages.get(address)?.html.length ?? 0);
      pages.set(address, { version, html });
      for (const [oldest, page] of pages) {
        if (pages.size <= MAX_PAGES && bytes <= MAX_BYTES) break;
        pages.delete(oldest);
        bytes -= page.html.length;
      }
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
