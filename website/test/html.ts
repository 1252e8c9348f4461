const CHARACTERS = new Map(Object.entries({ lt: '<', gt: '>', '#34': '"', '#39': "'", amp: '&' }));

/** The text of a piece of HTML, as a reader sees it. */
export const textOf = (html: string) =>
  html.replace(/<[^>]*>/g, '').replace(/&(.*?);/g, (_, name) => CHARACTERS.get(name) ?? '');

/** What the rows of the list say. */
export const rowsOf = (html: string) =>
  [...html.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td><\/tr>/gs)].map(
    ([, name = '', age = '']) => [textOf(name), textOf(age)],
  );

/** Where the links of a page lead whose text or label matches. */
export const linksOf = (html: string, text: RegExp) =>
  [...html.matchAll(/<a ([^>]*)href="([^"]*)"([^>]*)>(.*?)<\/a>/gs)]
    .filter(([link, , , , inner = '']) => text.test(textOf(inner).trim()) || text.test(link))
    .map(([, , address = '']) => textOf(address));

/** How many students the page of the list says that there are. */
export const countOf = (html: string) => /<p class="count">(.*?)<\/p>/.exec(html)?.[1];
