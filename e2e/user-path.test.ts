import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { EDITOR, SIX } from './api';
import {
  button,
  expectAccessible,
  follow,
  launchChromium,
  link,
  message,
  tabTo,
  watchPages,
} from './browser';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { type Stack, startStack } from './stack';

const ROWS = Object.entries(SIX)
  .sort()
  .map(([name, age]) => `${name}\t${age} years old`);
const AWKWARD = {
  ['Wilhelmina'.repeat(20)]: '20',
  'مريم بنت عبد الرحمن بن محمد الفهري': '150',
  '"><img src=data:, onerror=alert(1)>': '0',
};
/** Student 000 to Student 249. */
const MANY = Object.fromEntries(
  Array.from({ length: 250 }, (_, i) => [
    `Student ${String(i).padStart(3, '0')}`,
    `${18 + (i % 13)}`,
  ]),
);

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
  stack = await startStack('user');
});
afterAll(async () => {
  await browser?.close();
  await stack?.down();
});

const open = watchPages();
const openPage = (options?: BrowserContextOptions, site = stack.website): Promise<Page> =>
  open(browser, site, options);
const rows = (page: Page) => page.locator('tbody tr').allInnerTexts();
const count = (page: Page) => page.locator('.count').innerText();

test.each([true, false])(
  'a visitor finds everything; JavaScript: %s',
  async (javaScriptEnabled) => {
    await stack.serve(SIX);
    expect(Buffer.byteLength((await stack.getList()).text)).toBe(139); // as in the contract
    // By an address that is not localhost, browsers trust plain HTTP less.
    const name = '{{range .NetworkSettings.Networks}}http://{{.Gateway}}:{{end}}';
    const host = await inspect(stack.container('website'), name);
    const site = stack.website.replace('http://localhost:', javaScriptEnabled ? host : '$&');
    const page = await openPage({ javaScriptEnabled }, site);
    await page.goto('/');
    expect(await page.title()).toBe('Student Checking App');
    await follow(page, button(page, 'List Student').click());
    expect(await rows(page)).toEqual(ROWS);
    expect(await count(page)).toBe('6 students');
    await page.reload(); // without a question, which would be a complaint
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
    await follow(page, link(page, 'Age').click());
    expect((await rows(page)).at(0)).toBe('Meryem\t23 years old');

    await stack.serve({ Zoe: '20', arthur: '1', Łukasz: '20', Élisée: '20' });
    await page.goto('/index.php');
    const names = (await rows(page)).map((row) => row.split('\t')[0]);
    expect(names).toEqual(['arthur', 'Élisée', 'Łukasz', 'Zoe']);
    await page.getByLabel('Filter by name').fill('lukasz');
    await follow(page, button(page, 'Filter').click());
    expect(await rows(page)).toEqual(['Łukasz\t20 years old']);

    await stack.serve(MANY);
    await page.goto('/students');
    await follow(page, link(page, 'Next').click());
    expect((await rows(page)).at(0)).toMatch('Student 100\t');
    await follow(page, link(page, 'Page 3').click());
    expect(await rows(page)).toHaveLength(50);
  },
);

test('so does a keyboard alone, which also changes the list', async () => {
  await stack.serve(MANY);
  const page = await openPage({ httpCredentials: EDITOR });
  const press = () => follow(page, page.keyboard.press('Enter'));
  await page.goto('/');
  await tabTo(page, button(page, 'List Student'));
  await press();
  await tabTo(page, page.getByLabel('Filter by name'));
  await page.keyboard.type('student 0');
  await press();
  expect(await count(page)).toBe('100 of 250 students');
  for (const name of ['Clear', 'Age', 'Next', 'Manage the list']) {
    await tabTo(page, link(page, name));
    await press();
  }
  await tabTo(page, page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('Zoë');
  await tabTo(page, page.getByLabel('Age', { exact: true }));
  await page.keyboard.type('x');
  await press();
  // Where the mistake is, the focus is already.
  await page.keyboard.press('Control+A');
  await page.keyboard.type('19');
  await press();
  expect(await message(page)).toBe('Zoë was added.');
});

async function removeList(): Promise<void> {
  await docker(['unpause', stack.container('simple-api')]);
  await rm(stack.list);
  await stack.compose('restart', 'simple-api');
  await eventually(async () => expect((await stack.getList()).status).toBe(503));
}

// The last ones ask for pages that were not shown before, but for the one of everybody.
test.each<[string, number, string, () => Promise<unknown>]>([
  ['/', 200, 'Student Checking App', () => stack.serve(SIX)],
  ['/students?name=nobody&sort=age', 200, 'Students', () => stack.serve(SIX)],
  ['/%zz', 400, 'This address is not valid', () => stack.serve(SIX)],
  ['/no-such-page', 404, 'There is no such page', () => stack.serve(SIX)],
  ['/students?page=2', 200, 'Students', () => stack.serve(MANY)],
  ['/students', 200, 'Students', () => stack.serve(AWKWARD)],
  ['/students', 200, 'Students', () => stack.serve({})],
  [
    '/students?name=x',
    504,
    'takes too long',
    () => docker(['pause', stack.container('simple-api')]),
  ],
  ['/students?name=y', 503, 'There is no student list right now', removeList],
  ['/students', 200, 'Students', async () => {}],
  ['/students?name=z', 503, 'cannot be reached', () => stack.compose('stop', 'simple-api')],
])(
  '%s, %d "%s", fits a phone and has no axe violation, light or dark',
  async (path, status, title, prepare) => {
    await prepare();
    const page = await openPage();
    expect((await page.goto(path))?.status()).toBe(status);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain(title);
    await expectAccessible(page);
  },
);
