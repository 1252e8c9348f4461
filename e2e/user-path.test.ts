/// <reference lib="dom" />
import { readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { follow, launchChromium, watchPages } from './browser';
import { docker } from './docker';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

const SIX = { Ahmed: '20', Meryem: '23', Amine: '20', Hiba: '21', Sara: '23', Omar: '20' };
const ROWS = Object.entries(SIX)
  .sort()
  .map(([name, age]) => `${name}\t${age} years old`);
const AWKWARD = { ['Wilhelmina'.repeat(20)]: '20', 'مريم بنت عبد الرحمن بن محمد الفهري': '150' };
const ACCENTED = { Zoe: '20', arthur: '1', Łukasz: '20', Élisée: '20' };
/** Student 000 to Student 249. */
const MANY = Object.fromEntries(
  Array.from({ length: 250 }, (_, i) => [
    `Student ${String(i).padStart(3, '0')}`,
    `${18 + (i % 13)}`,
  ]),
);
const ATTACKS = [
  '<script>window.pwned=1</script>',
  '"><img src=data:, onerror=window.pwned=1>',
  "' onfocus=window.pwned=1 autofocus x='",
  '</bdi></th></tr></table></main><script>alert(1)</script>',
  '<%= 7*7 %>',
];

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  stack = await createStack('user');
  browser = await launchChromium();
  await stack.compose('up', '--detach', '--wait');
});
afterAll(async () => {
  await browser?.close();
  await stack?.down();
});

const open = watchPages();
const openPage = (options?: BrowserContextOptions, site = stack.website): Promise<Page> =>
  open(browser, site, options);

/** Puts a list in place and waits until it is served. */
async function serve(list: Record<string, string>): Promise<void> {
  await writeFile(stack.list, JSON.stringify(list));
  await eventually(20_000, async () =>
    expect(await (await stack.getList()).json()).toEqual({ student_ages: list }),
  );
}

const rows = (page: Page) => page.locator('tbody tr').allInnerTexts();
const count = (page: Page) => page.locator('.count').innerText();
const button = (page: Page, name: string) => page.getByRole('button', { name });
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

const address = Object.values(networkInterfaces())
  .flat()
  .find((candidate) => candidate?.family === 'IPv4' && !candidate.internal)?.address;
if (!address) console.log('Skipped, an address that is not loopback: this machine has none.');
test.each([
  ['localhost', true],
  ['localhost', false],
  ...(address ? [[address, true] as const] : []),
] as const)(
  'a visitor lists, filters, sorts and pages; on %s, JavaScript: %s',
  async (host, javaScriptEnabled) => {
    await serve(SIX);
    expect(Buffer.byteLength(await (await stack.getList()).text())).toBe(139); // as in the contract
    const site = stack.website.replace('localhost', host);
    const page = await openPage({ javaScriptEnabled }, site);
    await page.goto('/');
    expect(await page.title()).toBe('Student Checking App');
    await follow(page, button(page, 'List Student').click());
    expect(await rows(page)).toEqual(ROWS);
    expect(await count(page)).toBe('6 students');
    expect(new URL(page.url()).pathname).toBe('/students');
    await page.reload(); // without a question, which would be a complaint
    expect(await rows(page)).toEqual(ROWS);
    const ages = 'Number of students of each age. 20 years: 3; 21 years: 1; 23 years: 2.';
    expect(await page.getByRole('img', { name: ages }).locator('rect').count()).toBe(3);

    await page.getByLabel('Filter by name').fill('AM');
    await follow(page, button(page, 'Filter').click());
    expect(await rows(page)).toEqual(['Amine\t20 years old']);
    expect(await count(page)).toBe('1 of 6 students');
    expect(page.url()).toBe(`${site}/students?name=AM`);
    expect(await page.title()).toBe('Students matching “AM” – Student Checking App');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      link(page, 'Download as CSV').click(),
    ]);
    expect(file.suggestedFilename()).toBe('students.csv');
    expect(await readFile(await file.path(), 'utf8')).toBe('\uFEFFName,Age\r\n"Amine",20\r\n');
    await follow(page, link(page, 'Clear').click());

    await follow(page, link(page, 'Age').click());
    const sorted = page.getByRole('columnheader', { name: 'Age' }).getAttribute('aria-sort');
    expect(await sorted).toBe('ascending');
    await follow(page, link(page, 'Age').click());
    expect((await rows(page)).at(0)).toBe('Meryem\t23 years old');
    await follow(page, link(page, 'Name').click());
    expect(await rows(page)).toEqual(ROWS);

    await serve(ACCENTED);
    await page.goto('/index.php');
    expect(await rows(page)).toEqual([
      'arthur\t1 year old',
      'Élisée\t20 years old',
      'Łukasz\t20 years old',
      'Zoe\t20 years old',
    ]);
    await page.getByLabel('Filter by name').fill('lukasz');
    await follow(page, button(page, 'Filter').click());
    expect(await rows(page)).toEqual(['Łukasz\t20 years old']);

    await serve(MANY);
    await page.goto('/students');
    await follow(page, link(page, 'Next').click());
    expect((await rows(page)).at(0)).toMatch('Student 100\t');
    await follow(page, link(page, 'Page 3').click());
    expect(await rows(page)).toHaveLength(50);
  },
);

test('so does a visitor with a keyboard alone, who sees where the focus is', async () => {
  await serve(MANY);
  const page = await openPage();
  /** Presses Tab until something has the focus. */
  async function tabTo(target: Locator): Promise<void> {
    for (let stops = 0; stops < 20; stops++) {
      await page.keyboard.press('Tab');
      const outline = await page
        .locator(':focus')
        .evaluate((it) => Number.parseFloat(getComputedStyle(it).outlineWidth));
      expect(outline).toBeGreaterThanOrEqual(2);
      if (await target.evaluate((it) => it === document.activeElement)) return;
    }
    throw new Error(`no ${target} within 20 stops`);
  }
  await page.goto('/');
  await tabTo(button(page, 'List Student'));
  await follow(page, page.keyboard.press('Enter'));
  await tabTo(page.getByLabel('Filter by name'));
  await page.keyboard.type('student 0');
  await follow(page, page.keyboard.press('Enter'));
  expect(await count(page)).toBe('100 of 250 students');
  for (const name of ['Clear', 'Age', 'Next']) {
    await tabTo(link(page, name));
    await follow(page, page.keyboard.press('Enter'));
  }
  expect(page.url()).toBe(`${stack.website}/students?sort=age&page=2`);
});

test('script in a name does not run, even without the content security policy', async () => {
  await serve(Object.fromEntries(ATTACKS.map((name) => [name, '20'])));
  const page = await openPage({ bypassCSP: true });
  for (const name of ['', ...ATTACKS]) {
    await page.goto(`/students?name=${encodeURIComponent(name)}`);
    const names = await page.locator('tbody th').allTextContents();
    expect(names).toEqual(name ? [name] : ATTACKS.toSorted(new Intl.Collator('en').compare));
    expect(await page.getByLabel('Filter by name').inputValue()).toBe(name);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
  }
});

test('where the visitor chose the colours, the page has these alone', async () => {
  await serve(MANY);
  const page = await openPage({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.goto('/students?page=2');
  const colorOf = (selector: string, property: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((it, name) => getComputedStyle(it).getPropertyValue(name), property);
  const text = await colorOf('body', 'color');
  for (const shape of ['rect', 'text']) expect(await colorOf(`.chart ${shape}`, 'fill')).toBe(text);
  expect(await colorOf('.chart line', 'stroke')).toBe(text);
  expect(await colorOf('[aria-current]', 'border-top-width')).toBe('1px');
});

test('on paper there is the list, in dark on white, and nothing to press', async () => {
  await serve(MANY);
  const page = await openPage({ colorScheme: 'dark' });
  await page.goto('/students?page=2');
  await page.emulateMedia({ media: 'print' });
  expect(await rows(page)).toHaveLength(100);
  expect(await page.getByText('Names and ages, 101 to 200').isVisible()).toBe(true);
  for (const hidden of ['.filter', '.aside', 'nav', 'thead svg']) {
    expect(await page.locator(hidden).first().isVisible()).toBe(false);
  }
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});

async function removeList(): Promise<void> {
  await docker(['unpause', stack.container('simple-api')]);
  await rm(stack.list);
  await stack.compose('restart', 'simple-api');
  await eventually(20_000, async () => expect((await stack.getList()).status).toBe(503));
}

test.each<[string, number, string, () => Promise<unknown>]>([
  ['/', 200, 'Student Checking App', () => serve(SIX)],
  ['/students', 200, 'Students', () => serve(SIX)],
  ['/students?name=nobody&sort=age', 200, 'Students', () => serve(SIX)],
  ['/%zz', 400, 'This address is not valid', () => serve(SIX)],
  ['/no-such-page', 404, 'There is no such page', () => serve(SIX)],
  ['/students?page=2', 200, 'Students', () => serve(MANY)],
  ['/students?name=W', 200, 'Students', () => serve(AWKWARD)],
  ['/students', 200, 'Students', () => serve({})],
  ['/students', 504, 'takes too long', () => docker(['pause', stack.container('simple-api')])],
  ['/students', 503, 'There is no student list right now', removeList],
  ['/students', 503, 'cannot be reached', () => stack.compose('stop', 'simple-api')],
])(
  '%s, %d "%s", fits a phone and has no axe violation, light or dark',
  async (path, status, title, prepare) => {
    await prepare();
    // Else colours take a moment to change.
    const page = await openPage({ reducedMotion: 'reduce' });
    expect((await page.goto(path))?.status()).toBe(status);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain(title);
    const backgrounds = new Set<string>();
    for (const width of [360, 1200]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const root = page.locator(':root');
        backgrounds.add(await root.evaluate((it) => getComputedStyle(it).backgroundColor));
        // Legacy: without what only frames of other origins need, a page of its own for each run.
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
        expect(
          violations.flatMap(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]),
        ).toEqual([]);
      }
    }
    expect(backgrounds.size).toBe(2);
  },
);
