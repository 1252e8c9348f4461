import type { Both } from '#service/representation';

/** How many are kept, and in how many bytes, with their compressed form: names may be long. */
export const MAX_PAGES = 100;
const MAX_BYTES = 4 * 1024 * 1024;

/** Keeps the pages that were asked for last, as they were sent, by address. */
export function createKeptPages() {
  const pages = new Map<string, { version: string; page: Both }>();
  let bytes = 0;
  return {
    keep(address: string, version: string, page: Both): void {
      bytes += sizeOf(page) - sizeOf(pages.get(address)?.page);
      pages.set(address, { version, page });
      for (const [oldest, kept] of pages) {
        if (pages.size <= MAX_PAGES && bytes <= MAX_BYTES) break;
        pages.delete(oldest);
        bytes -= sizeOf(kept.page);
      }
    },
    /** @param version of the list that the page must show; none for any */
    get(address: string, version?: string): Both | undefined {
      const kept = pages.get(address);
      if (!kept) return undefined;
      pages.delete(address);
      pages.set(address, kept); // stands last
      return version === undefined || version === kept.version ? kept.page : undefined;
    },
  };
}

const sizeOf = (page?: Both) => (page ? page.identity.body.length + page.gzip.body.length : 0);
