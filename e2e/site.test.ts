import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { EDITOR, SIX } from './api';
import * as at from './browser';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { type Stack, startStack } from './stack';

const { button, follow, link, message, tabTo } = at;

const NAME = "O'Brien <b>";
const AWKWARD = {
  ['Wilhelmina'.repeat(20)]: '20',
  'مريم بنت عبد الرحمن بن محمد الفهري': '150',
  '"><img src=data:, onerror=alert(1)>': '0',
};
/** Student 100 to Student 349. */
const MANY = Object.fromEntries(
  Array.from({ length: 250 }, (_, i) => [`Student ${100 + i}`, `${18 + (i % 13)}`]),
);

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  browser = await at.launchChromium();
  stack = await startStack('site');
});
afterAll(async () => {
  await browser?.close();
  await stack?.down();
});
beforeEach(async () => {
  await chmod(stack.data, 0o755);
  await stack.serve(SIX);
});

const open = at.watchPages();
const openPage = (options: BrowserContextOptions = {}, site = stack.website): Promise<Page> =>
  open(browser, site, { httpCredentials: EDITOR, ...options });
/** Where it says who may change the list, follows the button to the browser's question. */
const signIn = (page: Page) => follow(page, link(page, 'Sign in').click());
const rows = (page: Page) => page.locator('tbody tr').allInnerTexts();
const count = (page: Page) => page.locator('.count').innerText();
const onDisk = async () => JSON.parse(await readFile(stack.list, 'utf8'));

async function add(page: Page, name: string, age: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Age', { exact: true }).fill(age);
  await follow(page, button(page, 'Add').click());
}

test.each([true, false])('a visitor finds all; JavaScript: %s', async (javaScriptEnabled) => {
  expect(Buffer.byteLength((await stack.getList()).text)).toBe(139); // as in the contract
  // By an address that is not localhost, browsers trust plain HTTP less.
  const name = '{{range .NetworkSettings.Networks}}http://{{.Gateway}}:{{end}}';
  const host = await inspect(stack.container('website'), name);
  const site = stack.website.replace('http://localhost:', javaScriptEnabled ? host : '$&');
  const page = await openPage({ javaScriptEnabled }, site);
  await page.goto('/');
  expect(await page.title()).toBe('Student Checking App');
  await follow(page, button(page, 'List Student').click());
  expect((await rows(page)).at(0)).toBe('Ahmed\t20 years old');
  expect(await count(page)).toBe('6 students');
  await follow(page, link(page, '21 years old').click());
  expect(await rows(page)).toEqual(['Hiba\t21 years old']);
  await follow(page, link(page, 'Show all ages').click());

  await page.getByLabel('Filter by name').fill('AM');
  await follow(page, button(page, 'Filter').click());
  expect(await rows(page)).toEqual(['Amine\t20 years old']);
  expect(page.url()).toBe(`${site}/students?name=AM`);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    link(page, 'Download as CSV').click(),
  ]);
  expect(await readFile(await file.path(), 'utf8')).toBe('\uFEFFName,Age\r\n"Amine",20\r\n');
  await follow(page, link(page, 'Clear').click());
  await follow(page, link(page, 'Age').click());
  await follow(page, link(page, 'Age').click());
  expect((await rows(page)).at(0)).toBe('Meryem\t23 years old');

  await stack.serve(MANY);
  await page.goto('/index.php');
  await follow(page, link(page, 'Next').click());
  expect((await rows(page)).at(0)).toMatch('Student 200\t');
});

test('so does a keyboard alone, which also changes the list', async () => {
  await stack.serve(MANY);
  const page = await openPage();
  const press = () => follow(page, page.keyboard.press('Enter'));
  await page.goto('/');
  await tabTo(page, button(page, 'List Student'));
  await press();
  await tabTo(page, page.getByLabel('Filter by name'));
  await page.keyboard.type('student 1');
  await press();
  expect(await count(page)).toBe('100 of 250 students');
  for (const name of ['Clear', 'Age', 'Next', 'Manage the list']) {
    await tabTo(page, link(page, name));
    await press();
  }
  await tabTo(page, link(page, 'Sign in'));
  await press();
  await tabTo(page, page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('Zoë');
  await tabTo(page, page.getByLabel('Age', { exact: true }));
  await page.keyboard.type('x');
  await press();
  await page.locator('[name=age]:focus').waitFor(); // where the mistake is
  await page.keyboard.press('Control+A');
  await page.keyboard.type('19');
  await press();
  expect(await message(page)).toMatch('Zoë was added.');
  await page.locator('[name=name]:focus').waitFor(); // for the next one
  await tabTo(page, page.getByLabel('Student 101', { exact: true }));
  await page.keyboard.press('Space');
  await press(); // sends what is ticked
  expect(await page.getByRole('main').innerText()).toMatch('Remove Student 101?');
  await tabTo(page, button(page, 'Remove'));
  await press();
  await tabTo(page, button(page, 'Undo'));
  await press();
  expect(await message(page)).toMatch('the change was undone');
});

test('who is signed in adds, changes, renames and removes students, without JavaScript', async () => {
  const page = await openPage({ javaScriptEnabled: false });
  await page.goto('/students');
  await follow(page, link(page, 'Manage the list').click());
  expect(await page.getByRole('main').innerText()).toMatch('EDITOR_PASSWORD');
  await signIn(page);
  await add(page, NAME, '200');
  expect(await page.locator('#wrong-age').innerText()).toMatch('from 0 to 150');
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(NAME);
  await add(page, NAME, '20');
  expect(await message(page)).toMatch(`${NAME} was added.`);

  await follow(page, link(page, `Change ${NAME}`).click());
  await page.getByLabel('Age', { exact: true }).fill('21');
  await follow(page, button(page, 'Save').click());
  expect(await message(page)).toMatch(`${NAME} was changed.`);
  expect(await onDisk()).toEqual({ ...SIX, [NAME]: '21' });
  await follow(page, button(page, 'Undo').click());
  expect(await onDisk()).toEqual({ ...SIX, [NAME]: '20' });
  await page.reload();
  expect(await page.locator('.message').count()).toBe(0); // once

  await follow(page, link(page, `Change ${NAME}`).click());
  await page.getByLabel('Name', { exact: true }).fill('Zoë');
  await follow(page, button(page, 'Save').click());
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(`${NAME} is now Zoë`);
  expect(await onDisk()).toEqual({ ...SIX, Zoë: '20' });
  await follow(page, button(page, 'Undo').click());

  for (const name of [NAME, 'Ahmed']) await page.getByLabel(name, { exact: true }).check();
  await follow(page, button(page, 'Remove selected').click());
  await follow(page, button(page, 'Remove').click());
  expect(await onDisk()).not.toHaveProperty('Ahmed');
  await follow(page, button(page, 'Undo').click());
  await follow(page, link(page, `Remove ${NAME}`).click());
  await follow(page, button(page, 'Remove').click());
  expect(await message(page)).toMatch(`${NAME} was removed.`);
  expect(await onDisk()).toEqual(SIX);
});

test('a paste is looked at, edited, and saved, unless the list has changed meanwhile', async () => {
  const page = await openPage();
  await page.goto('/manage');
  await signIn(page);
  await follow(page, link(page, 'Paste from a spreadsheet').click());
  const rows = Array.from({ length: 27 }, (_, i) => [`Student, ${i}`, `${18 + i}`]);
  const all = [['Name', 'Age'], ...rows, ['Ahmed', '21'], ['Hiba', '21'], ['sara', '23']];
  const pasted = all.map((row) => row.join('\t')).join('\n');
  const text = page.getByLabel('A name and an age in each row');
  await text.fill(pasted);
  await follow(page, button(page, 'Preview').click());
  const captions = () => page.locator('caption').allInnerTexts();
  expect(await captions()).toEqual(['New: 28', 'Changed: 1', 'Not students: 1']);
  expect(await page.getByRole('row', { name: /^sara/ }).innerText()).toMatch('looks like Sara');
  await follow(page, button(page, 'Edit').click());
  expect(await text.inputValue()).toBe(pasted);
  await text.fill(pasted.replace('\nsara\t23', ''));
  await follow(page, button(page, 'Preview').click());
  expect(await onDisk()).toEqual(SIX);

  const edited = { ...SIX, Ahmed: '21' };
  await writeFile(stack.list, JSON.stringify(edited));
  await follow(page, button(page, 'Save 28 students').click());
  expect(await message(page)).toMatch('Somebody has changed the list in the meantime');
  expect(await captions()).toEqual(['New: 27', 'Not students: 1']);
  expect(await onDisk()).toEqual(edited);
  await follow(page, button(page, 'Save 27 students').click());
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('27 students saved');
  expect(Object.entries(await onDisk())).toEqual([...Object.entries(edited), ...rows]);
});

test('a form of another site is refused, although the browser adds the credentials', async () => {
  const context = await browser.newContext({ httpCredentials: EDITOR });
  try {
    const page = await context.newPage();
    await page.goto(`${stack.website}/manage`);
    await signIn(page);
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

async function expectAccessible(page: Page, title: string): Promise<void> {
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(title);
  await at.expectAccessible(page);
}

const ofSix = async () => {};
test.each<[string, number, string, () => Promise<void>]>([
  ['/', 200, 'Student Checking App', ofSix],
  ['/students?name=nobody&sort=age', 200, 'Students', ofSix],
  ['/%zz', 400, 'This address is not valid', ofSix],
  ['/no-such-page', 404, 'There is no such page', ofSix],
  ['/students?page=2', 200, 'Students', () => stack.serve(MANY)],
  ['/students', 200, 'Students', () => stack.serve(AWKWARD)],
  ['/students', 200, 'Students', () => stack.serve({})],
  ['/manage', 200, 'Manage the list', ofSix], // before anybody has signed in
])('%s, %d "%s", fits a phone and has no axe violation', async (path, status, title, prepare) => {
  await prepare();
  const page = await openPage();
  expect((await page.goto(path))?.status()).toBe(status);
  await expectAccessible(page, title);
});

test('neither do forms that were sent, nor pages that say what cannot be done', async () => {
  const page = await openPage();
  await page.goto('/manage');
  await signIn(page);
  await add(page, 'W'.repeat(200), 'x');
  await expectAccessible(page, 'Manage the list');
  await add(page, 'W'.repeat(200), '20');
  await expectAccessible(page, 'Manage the list');
  for (const [path, title] of [
    ['change', 'Change Sara'],
    ['remove', 'Remove Sara?'],
  ] as const) {
    await page.goto(`/manage/${path}?name=Sara`);
    await expectAccessible(page, title);
  }
  await page.goto('/manage/change?name=Sara');
  await page.getByLabel('Name').fill('Zara');
  await follow(page, button(page, 'Save').click());
  await expectAccessible(page, 'Sara is now Zara');
  await page.goto('/manage/paste');
  await page.getByRole('textbox').fill(`${NAME};20\nzara;1\nAhmed;22\n${'W'.repeat(200)};x`);
  await follow(page, button(page, 'Preview').click());
  await expectAccessible(page, 'Save these changes?');
  // As it is when the folder belongs to somebody else: the page says who must be able to write there.
  await chmod(stack.data, 0o555);
  await eventually(async () => {
    await page.goto('/manage');
    expect(await page.getByRole('main').innerText()).toMatch('API_UID');
  });
  await expectAccessible(page, 'The list cannot be changed');
  const api = stack.container('simple-api');
  await docker(['pause', api]);
  await page.goto('/students?name=never');
  await docker(['unpause', api]);
  await expectAccessible(page, 'takes too long');
  await page.goto('/students');
  await docker(['kill', api]);
  await page.reload();
  expect(await message(page)).toMatch('has not been reachable since');
  await expectAccessible(page, 'Students');
  await docker(['start', api]);
});
