import { createServer, request, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { follow, launchChromium, openWatched } from './browser';
import { freePort } from './free-port';
import { BUILT, createStack, type Stack } from './stack';

// Behind a reverse proxy that has other sites too.
const BASE_PATH = '/students-app';

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  stack = await createStack('base', { ...BUILT, BASE_PATH });
  browser = await launchChromium();
  await stack.compose('up', '--detach', '--wait');
});
const proxies: Server[] = [];
afterAll(async () => {
  for (const proxy of proxies) proxy.close().closeAllConnections();
  await browser?.close();
  await stack?.down();
});

/** Starts a proxy that passes on what is below the base path, and nothing else. */
async function startProxy(change: (path: string) => string) {
  const port = await freePort();
  const server = createServer((req, res) => {
    const { url = '', method, headers } = req;
    if (!url.startsWith(`${BASE_PATH}/`)) return void res.writeHead(404).end();
    const options = { method, headers, agent: false } as const;
    const onward = request(stack.website + change(url), options, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  proxies.push(server);
  await new Promise<void>((resolve) => server.listen(port, () => resolve()));
  return `http://localhost:${port}`;
}

test.each([
  ['takes the base path off', (path: string) => path.slice(BASE_PATH.length)],
  ['passes the base path on', (path: string) => path],
])('behind a proxy that %s, a visitor finds everything', async (_what, change) => {
  const origin = await startProxy(change);
  const { page, complaints } = await openWatched(browser, origin);
  const at = async (expected: string) => expect(page.url()).toBe(origin + BASE_PATH + expected);
  await page.goto(`${BASE_PATH}/`);
  await follow(page, page.getByRole('button', { name: 'List Student' }).click());
  await at('/students?');
  await page.getByLabel('Filter by name').fill('me');
  await follow(page, page.getByRole('button', { name: 'Filter' }).click());
  await at('/students?name=me');
  await follow(page, page.getByRole('link', { name: 'Age', exact: true }).click());
  await at('/students?name=me&sort=age');
  expect(await page.locator('tbody tr').count()).toBe(2);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as CSV' }).click(),
  ]);
  expect(file.url()).toBe(`${origin}${BASE_PATH}/students.csv?name=me&sort=age`);
  await page.goto(`${BASE_PATH}/index.php`);
  await at('/students');
  await page.goto(`${BASE_PATH}/no/such/page`);
  await follow(page, page.getByRole('link', { name: 'Back to the start' }).click());
  await at('/');
  expect(complaints).toEqual([]); // before the end, which breaks off what is under way
  await page.context().close();
});
