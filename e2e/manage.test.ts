/// <reference lib="dom" />
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { CREDENTIALS } from './api';
import { follow, launchChromium, watchPages } from './browser';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

const SIX = { Ahmed: '20', Meryem: '23', Amine: '20', Hiba: '21', Sara: '23', Omar: '20' };
const NAME = "O'Brien <b>";

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  stack = await createStack('manage');
  browser = await launchChromium();
  await stack.compose('up', '--detach', '--wait');
});
afterAll(async () => {
  await browser?.close();
  await stack?.down();
});

beforeEach(async () => {
  await chmod(stack.data, 0o755);
  await writeFile(stack.list, JSON.stringify(SIX));
  await eventually(20_000, async () =>
    expect(await (await stack.getList()).json()).toEqual({ student_ages: SIX }),
  );
});

const open = watchPages();
const openPage = (options: BrowserContextOptions = {}, site = stack.website): Promise<Page> =>
  open(browser, site, { httpCredentials: CREDENTIALS, ...options });

const onDisk = async () => JSON.parse(await readFile(stack.list, 'utf8'));
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const message = (page: Page) => page.locator('.message').innerText();

async function add(page: Page, name: string, age: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Age', { exact: true }).fill(age);
  await follow(page, button(page, 'Add').click());
}

// Over plain HTTP, browsers tell localhost alone whether a form is from another site.
const address = Object.values(networkInterfaces())
  .flat()
  .find((candidate) => candidate?.family === 'IPv4' && !candidate.internal)?.address;
if (!address) console.log('Skipped, an address that is not loopback: this machine has none.');
test.each(['localhost', ...(address ? [address] : [])])(
  'who is signed in adds, changes and removes a student, without JavaScript, on %s',
  async (host) => {
    const site = stack.website.replace('localhost', host);
    const page = await openPage({ javaScriptEnabled: false }, site);
    await page.goto('/students');
    await follow(page, link(page, 'Manage the list').click());

    await add(page, NAME, '200');
    const age = page.getByLabel('Age', { exact: true });
    expect(await page.locator('#wrong-age').innerText()).toMatch('from 0 to 150');
    expect(await age.getAttribute('aria-describedby')).toBe('wrong-age');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(NAME);
    await add(page, NAME, '20');
    expect(await message(page)).toBe(`${NAME} was added.`);
    expect(await onDisk()).toEqual({ ...SIX, [NAME]: '20' });
    await add(page, NAME, '20');
    expect(await page.locator('#wrong-name').innerText()).toMatch('on the list already');

    await follow(page, link(page, `Change ${NAME}`).click());
    await age.fill('21');
    await follow(page, button(page, 'Save').click());
    expect(await message(page)).toBe(`${NAME} was changed.`);
    expect(await onDisk()).toEqual({ ...SIX, [NAME]: '21' });
    await page.reload();
    expect(await page.getByRole('row', { name: NAME }).innerText()).toMatch(`${NAME}\t21\t`);

    await follow(page, link(page, `Remove ${NAME}`).click());
    expect(await page.getByRole('heading').innerText()).toBe(`Remove ${NAME}?`);
    await follow(page, link(page, 'Keep').click());
    await follow(page, link(page, `Remove ${NAME}`).click());
    await follow(page, button(page, 'Remove').click());
    expect(await message(page)).toBe(`${NAME} was removed.`);
    expect(await onDisk()).toEqual(SIX);
    await follow(page, link(page, 'Back to the list').click());
    expect(await page.locator('.count').innerText()).toBe('6 students');
  },
);

test('30 rows of a spreadsheet are shown, and then saved', async () => {
  const page = await openPage();
  await page.goto('/manage');
  await follow(page, link(page, 'Paste from a spreadsheet').click());
  const rows = Array.from({ length: 27 }, (_, i) => `Student, ${i}\t${18 + i}`);
  const pasted = ['Name\tAge', ...rows, 'Ahmed\t21', 'Hiba\t21', 'Nobody\tx'].join('\n');
  await page.getByLabel('A name and an age in each row').fill(pasted);
  await follow(page, button(page, 'Preview').click());
  const captions = ['New: 27', 'Changed: 1', 'Left out: 2'];
  expect(await page.locator('caption').allInnerTexts()).toEqual(captions);
  expect(await onDisk()).toEqual(SIX);
  await follow(page, button(page, 'Save 28 students').click());
  expect(await message(page)).toBe('28 students saved.');
  const added = rows.map((row) => row.split('\t'));
  expect(Object.entries(await onDisk())).toEqual([
    ...Object.entries({ ...SIX, Ahmed: '21' }),
    ...added,
  ]);
});

test('a keyboard is enough', async () => {
  const page = await openPage();
  await page.goto('/manage');
  async function tabTo(target: Locator): Promise<void> {
    for (let stops = 0; stops < 30; stops++) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((it) => it === document.activeElement)) return;
    }
    throw new Error(`no ${target} within 30 stops`);
  }
  await tabTo(page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('Zoë');
  await tabTo(page.getByLabel('Age', { exact: true }));
  await page.keyboard.type('x');
  await follow(page, page.keyboard.press('Enter'));
  // Where the mistake is, the focus is already.
  await page.keyboard.press('Control+A');
  await page.keyboard.type('19');
  await follow(page, page.keyboard.press('Enter'));
  expect(await message(page)).toBe('Zoë was added.');
  await tabTo(link(page, 'Remove Ahmed'));
  await follow(page, page.keyboard.press('Enter'));
  await tabTo(button(page, 'Remove'));
  await follow(page, page.keyboard.press('Enter'));
  expect(await message(page)).toBe('Ahmed was removed.');
});

test('wrong credentials are refused, and lock out neither the right ones nor the list', async () => {
  const wrong = { ...CREDENTIALS, password: 'wrong' };
  const page = await openPage({ httpCredentials: wrong });
  const refused = await page.goto('/manage');
  expect(refused?.status()).toBe(401);
  expect(await refused?.headerValue('WWW-Authenticate')).toMatch(/^Basic /);
  expect(await page.getByRole('heading').innerText()).toBe('Sign in to change the list');

  const headers = { Authorization: `Basic ${btoa('someone:wrong')}` };
  for (let tries = 0; tries < 110; tries++) {
    expect((await fetch(`${stack.website}/manage`, { headers })).status).toBe(401);
  }
  expect((await page.goto('/students'))?.status()).toBe(200);
  expect((await (await openPage()).goto('/manage'))?.status()).toBe(200);
});

test('a form of another site is refused, although the browser adds the credentials', async () => {
  const other = createServer((_req, res) => {
    res.setHeader('Content-Type', 'text/html');
    res.end(`<form method="post" action="${stack.website}/manage">
      <input name="name" value="Mallory"><input name="age" value="20"><button>Win</button></form>`);
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const place = other.address();
  const port = typeof place === 'object' && place ? place.port : 0;
  const context = await browser.newContext({ httpCredentials: CREDENTIALS });
  const page = await context.newPage();
  await page.goto(`${stack.website}/manage`);
  await page.goto(`http://127.0.0.1:${port}/`);
  const [response] = await Promise.all([
    page.waitForResponse((it) => it.request().method() === 'POST'),
    page.getByRole('button').click(),
  ]);
  expect(response.status()).toBe(403);
  expect(await page.getByRole('heading').innerText()).toBe('This form came from another site');
  expect(await onDisk()).toEqual(SIX);
  await context.close();
  other.close();
});

const pasteRows = async (page: Page) => {
  await page.getByRole('textbox').fill(`Name;Age\n${NAME};20\nAhmed;22\n${'W'.repeat(200)};x`);
  await follow(page, button(page, 'Preview').click());
};
const look = async () => {};
test.each<[string, string, (page: Page) => Promise<void>]>([
  ['/manage', 'Manage the list', look],
  ['/manage?done=add&student=Ahmed', 'Manage the list', look],
  ['/manage?name=zz', 'Manage the list', look],
  ['/manage', 'Manage the list', (page) => add(page, 'W'.repeat(200), 'x')],
  ['/manage/change?name=Ahmed', 'Change Ahmed', look],
  ['/manage/remove?name=Ahmed', 'Remove Ahmed?', look],
  ['/manage/paste', 'Paste from a spreadsheet', look],
  ['/manage/paste', 'Save these changes?', pasteRows],
  ['/manage', 'The list cannot be changed', makeReadOnly],
])('%s, "%s", fits a phone and has no axe violation, light or dark', async (path, title, act) => {
  const page = await openPage({ reducedMotion: 'reduce' });
  await page.goto(path);
  await act(page);
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
  for (const width of [360, 1200]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      expect(violations.flatMap(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual(
        [],
      );
    }
  }
});

/** As it is when the folder belongs to somebody else: the page says who must be able to write there. */
async function makeReadOnly(page: Page): Promise<void> {
  await chmod(stack.data, 0o555);
  await eventually(20_000, async () => {
    await page.reload();
    expect(await page.getByRole('main').innerText()).toMatch('API_UID');
  });
}
