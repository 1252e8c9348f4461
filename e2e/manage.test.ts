import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { EDITOR, READER, SIX } from './api';
import {
  button,
  expectAccessible,
  follow,
  launchChromium,
  link,
  message,
  watchPages,
} from './browser';
import { eventually } from './eventually';
import { type Stack, startStack } from './stack';

const NAME = "O'Brien <b>";

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
  stack = await startStack('manage');
});
afterAll(async () => {
  await browser?.close();
  await stack?.down();
});
beforeEach(async () => {
  await chmod(stack.data, 0o755);
  await stack.serve(SIX);
});

const open = watchPages();
const openPage = (options: BrowserContextOptions = {}): Promise<Page> =>
  open(browser, stack.website, { httpCredentials: EDITOR, ...options });

const onDisk = async () => JSON.parse(await readFile(stack.list, 'utf8'));

async function add(page: Page, name: string, age: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Age', { exact: true }).fill(age);
  await follow(page, button(page, 'Add').click());
}

test('who is signed in adds, changes and removes a student, without JavaScript', async () => {
  const page = await openPage({ javaScriptEnabled: false });
  await page.goto('/students');
  await follow(page, link(page, 'Manage the list').click());
  await add(page, NAME, '200');
  expect(await page.locator('#wrong-age').innerText()).toMatch('from 0 to 150');
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(NAME);
  await add(page, NAME, '20');
  expect(await message(page)).toBe(`${NAME} was added.`);
  expect(await onDisk()).toEqual({ ...SIX, [NAME]: '20' });

  await follow(page, link(page, `Change ${NAME}`).click());
  await page.getByLabel('Age', { exact: true }).fill('21');
  await follow(page, button(page, 'Save').click());
  expect(await message(page)).toBe(`${NAME} was changed.`);
  expect(await onDisk()).toEqual({ ...SIX, [NAME]: '21' });
  await page.reload();
  expect(await page.getByRole('row', { name: NAME }).innerText()).toMatch(`${NAME}\t21\t`);

  await follow(page, link(page, `Remove ${NAME}`).click());
  await follow(page, link(page, 'Keep').click());
  await follow(page, link(page, `Remove ${NAME}`).click());
  await follow(page, button(page, 'Remove').click());
  expect(await message(page)).toBe(`${NAME} was removed.`);
  expect(await onDisk()).toEqual(SIX);
  await follow(page, link(page, 'Back to the list').click());
  expect(await page.locator('.count').innerText()).toBe('6 students');
});

test('a paste is looked at, edited, and saved, unless the list has changed meanwhile', async () => {
  const page = await openPage();
  await page.goto('/manage/paste');
  const rows = Array.from({ length: 27 }, (_, i) => [`Student, ${i}`, `${18 + i}`]);
  const all = [['Name', 'Age'], ...rows, ['Ahmed', '21'], ['Hiba', '21'], ['sara', '23']];
  const pasted = all.map((row) => row.join('\t')).join('\n');
  const text = page.getByLabel('A name and an age in each row');
  await text.fill(pasted);
  await follow(page, button(page, 'Preview').click());
  const captions = () => page.locator('caption').allInnerTexts();
  expect(await captions()).toEqual(['New: 28', 'Changed: 1', 'Left out: 1']);
  expect(await page.getByRole('row', { name: /^sara/ }).innerText()).toMatch('looks like Sara');
  await follow(page, button(page, 'Edit').click());
  expect(await text.inputValue()).toBe(pasted);
  await text.fill(pasted.replace('\nsara\t23', ''));
  await follow(page, button(page, 'Preview').click());
  expect(await onDisk()).toEqual(SIX);

  const edited = { ...SIX, Ahmed: '21' };
  await writeFile(stack.list, JSON.stringify(edited));
  await follow(page, button(page, 'Save 28 students').click());
  expect(await message(page)).toMatch('Somebody has changed the list meanwhile');
  expect(await captions()).toEqual(['New: 27', 'Left out: 1']);
  expect(await onDisk()).toEqual(edited);
  await follow(page, button(page, 'Save 27 students').click());
  expect(await message(page)).toBe('27 students saved.');
  expect(Object.entries(await onDisk())).toEqual([...Object.entries(edited), ...rows]);
});

test('wrong credentials, or a reader’s, lock out neither the right ones nor the list', async () => {
  for (const httpCredentials of [{ ...EDITOR, password: 'wrong' }, READER]) {
    const page = await openPage({ httpCredentials });
    expect((await page.goto('/manage'))?.status()).toBe(401);
    expect(await page.getByRole('heading').innerText()).toBe('Sign in to change the list');
  }
  const headers = { Authorization: `Basic ${btoa('someone:wrong')}` };
  for (let tries = 0; tries < 110; tries++) {
    expect((await fetch(`${stack.website}/manage`, { headers })).status).toBe(401);
  }
  expect((await stack.page()).status).toBe(200);
  expect((await (await openPage()).goto('/manage'))?.status()).toBe(200);
});

test('a form of another site is refused, although the browser adds the credentials', async () => {
  const context = await browser.newContext({ httpCredentials: EDITOR });
  try {
    const page = await context.newPage();
    await page.goto(`${stack.website}/manage`);
    const form = `<form method="post" action="${stack.website}/manage">
      <input name="name" value="Mallory"><input name="age" value="20"><button>Win</button></form>`;
    await page.route('http://other.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: form }),
    );
    await page.goto('http://other.example/');
    await follow(page, page.getByRole('button').click());
    expect(await page.getByRole('heading').innerText()).toBe('This form came from another site');
    expect(await onDisk()).toEqual(SIX);
  } finally {
    await context.close();
  }
});

async function pasteRows(page: Page): Promise<void> {
  await page.getByRole('textbox').fill(`${NAME};20\nsara;1\nAhmed;22\n${'W'.repeat(200)};x`);
  await follow(page, button(page, 'Preview').click());
}

/** As it is when the folder belongs to somebody else: the page says who must be able to write there. */
async function makeReadOnly(page: Page): Promise<void> {
  await chmod(stack.data, 0o555);
  await eventually(async () => {
    await page.reload();
    expect(await page.getByRole('main').innerText()).toMatch('API_UID');
  });
}

const look = async () => {};
test.each<[string, string, (page: Page) => Promise<void>]>([
  ['/manage?name=zz', 'Manage the list', look],
  ['/manage', 'Manage the list', (page) => add(page, 'W'.repeat(200), 'x')],
  ['/manage/change?name=Ahmed', 'Change Ahmed', look],
  ['/manage/remove?name=Ahmed', 'Remove Ahmed?', look],
  ['/manage/paste', 'Paste from a spreadsheet', look],
  ['/manage/paste', 'Save these changes?', pasteRows],
  ['/manage', 'The list cannot be changed', makeReadOnly],
])('%s, "%s", fits a phone and has no axe violation', async (path, title, act) => {
  const page = await openPage();
  await page.goto(path);
  await act(page);
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
  await expectAccessible(page);
});
