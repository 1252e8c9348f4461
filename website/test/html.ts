/** The text of a piece of HTML, as a reader sees it. */
export function textOf(html: string): string {
  const characters = { '&lt;': '<', '&gt;': '>', '&#34;': '"', '&#39;': "'", '&amp;': '&' };
  return html
    .replace(/<[^>]*>/g, '')
    .replace(
      /&(lt|gt|#34|#39|amp);/g,
      (entity) => new Map(Object.entries(characters)).get(entity) ?? '',
    );
}

/** What the rows of the list say. */
export function rowsOf(html: string): string[][] {
  return [...html.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td><\/tr>/gs)].map(
    ([, name = '', age = '']) => [textOf(name), textOf(age)],
  );
}

/** Where the links of a page lead whose text or label matches. */
export function linksOf(html: string, text: RegExp): string[] {
  return [...html.matchAll(/<a ([^>]*)href="([^"]*)"([^>]*)>(.*?)<\/a>/gs)]
    .filter(([link, , , , inner = '']) => text.test(textOf(inner).trim()) || text.test(link))
    .map(([, , address = '']) => textOf(address));
}

/** How many students the page of the list says that there are. */
export function countOf(html: string): string | undefined {
  return /<p class="count">(.*?)<\/p>/.exec(html)?.[1];
}
