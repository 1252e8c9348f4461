import { expect, test } from '@jest/globals';
import { openSite, type Site } from '../../test/site';

/** Where a page says that the assets are: the icon, and the style sheet. */
async function addresses({ visit }: Site, path = '/'): Promise<string[]> {
  const { text } = await visit.get(path);
  const found = [...text.matchAll(/<(?:link|img) [^>]*(?:href|src)="([^"]*)"/g)];
  return [...new Set(found.map(([, address = '']) => address))].sort();
}

test('each page asks for the same two, named after their content', async () => {
  const site = await openSite();
  for (const path of ['/', '/nowhere']) {
    expect(await addresses(site, path)).toEqual([
      expect.stringMatching(/^\/favicon-[A-Z0-9]{8}\.svg$/),
      expect.stringMatching(/^\/site-[A-Z0-9]{8}\.css$/),
    ]);
  }
});

test.each([
  ['gzip', 'gzip, deflate, br', 15_000],
  [undefined, 'identity', 95_000],
])('they are sent as %s to who takes %s, and kept for good', async (coding, accepted, size) => {
  const site = await openSite();
  for (const [i, address] of (await addresses(site)).entries()) {
    const asked = site.visit.get(address).set('Accept-Encoding', accepted);
    const { headers } = await asked.expect(200);
    expect(headers['content-type']).toBe(i === 0 ? 'image/svg+xml' : 'text/css');
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['vary']).toBe('Accept-Encoding');
    expect(headers['cache-control']).toBe('public,max-age=31536000,immutable');
    expect(Number(headers['content-length'])).toBeLessThan(size);
  }
});

test('who has one, in a coding, is told so; a range of it may be ignored', async () => {
  const site = await openSite();
  for (const address of await addresses(site)) {
    const tags = new Set<string>();
    for (const coding of ['gzip', 'identity', 'br;q=0.1, gzip;q=0']) {
      const ask = (noneMatch: string) =>
        site.visit
          .get(address)
          .set({ 'Accept-Encoding': coding, Range: 'bytes=1-2', 'If-None-Match': noneMatch });
      const { headers } = await ask([...tags].join()).expect(coding.includes(';') ? 304 : 200);
      const { etag = '', vary, 'cache-control': caching } = headers;
      tags.add(etag);
      for (const known of [etag, `"a", W/${etag},`, '*']) {
        const again = await ask(known).expect(304);
        expect(again.headers).toMatchObject({ etag, vary, 'cache-control': caching });
      }
      const head = await site.visit.head(address).set('Accept-Encoding', coding).expect(200);
      expect(head.headers).toMatchObject({ etag, vary, 'cache-control': caching });
    }
    expect(tags.size).toBe(2);
  }
});

test.each(['/site.css', '/assets.json', '/.gitignore', '/../package.json', '/%2e%2e/package.json'])(
  '%s is not among them',
  async (path) => void (await (await openSite()).visit.get(path).expect(404)),
);
