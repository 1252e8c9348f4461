/// <reference lib="dom" />
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  Browser,
  BrowserContextOptions,
  Locator,
  Page,
  Response as PageResponse,
} from 'playwright-core';
import { launchChromium, openWatched, type WatchedPage } from './browser';
import { docker, inspect, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

/** Where the screenshots are kept. */
const OUTPUT = join(ROOT, 'e2e/output');

const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1200, height: 900 };

/** How a page is looked at: each must be right in all of these. */
const LOOKS = [PHONE, DESKTOP].flatMap((viewport) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ viewport, colorScheme })),
);

type List = Record<string, string>;

const SIX: List = { Ahmed: '20', Meryem: '23', Amine: '20', Hiba: '21', Sara: '23', Omar: '20' };
const NOBODY: List = {};

/** Ada 001 to Ada 150, and Bo 001 to Bo 100. */
const MANY: List = Object.fromEntries(
  Array.from({ length: 250 }, (_, index) => {
    const [name, number] = index < 150 ? ['Ada', index + 1] : ['Bo', index - 149];
    return [`${name} ${String(number).padStart(3, '0')}`, String(18 + (index % 13))];
  }),
);

const LONGEST_NAME = 'Wilhelmina'.repeat(20);
const AWKWARD: List = {
  [LONGEST_NAME]: '20',
  'مريم بنت عبد الرحمن بن محمد بن أحمد الفاسي الفهري': '150',
  Sara: '23',
};

let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  await mkdir(OUTPUT, { recursive: true });
  stack = await createStack('user');
  browser = await launchChromium();
  await stack.compose('up', '--detach', '--wait');
});
afterAll(async () => {
  await browser?.close();
  await stack?.down();
});

const watched: WatchedPage[] = [];
/** Opens an empty page, whose addresses may leave the website's origin out. */
async function openPage(options: BrowserContextOptions = {}, site = stack.website): Promise<Page> {
  const opened = await openWatched(browser, site, { baseURL: site, ...options });
  watched.push(opened);
  return opened.page;
}
// Of every page in every test: no console message, no request to another host.
afterEach(async () => {
  const complaints: string[] = [];
  for (const page of watched.splice(0)) complaints.push(...(await page.close()));
  expect(complaints).toEqual([]);
});

/** Puts a list in place and waits until it is served. */
async function serve(list: List): Promise<void> {
  await writeFile(stack.list, JSON.stringify(list));
  await eventually(20_000, async () =>
    expect(await (await stack.getList()).json()).toEqual({ student_ages: list }),
  );
}

/** Does what leads to another page, and waits until that is there. */
async function follow(page: Page, action: () => Promise<void>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), action()]);
}

/** The names and the ages in words that a page shows. */
const rows = (page: Page) => page.locator('tbody tr').allInnerTexts();
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();
const count = (page: Page) => page.locator('.count').innerText();
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const columnHeader = (page: Page, name: string) => page.getByRole('columnheader', { name });

test('the API answers with the 139 bytes of the contract', async () => {
  const body = Buffer.from(await (await stack.getList()).arrayBuffer());
  expect(body.toString()).toBe(`{
  "student_ages": {
    "Ahmed": "20",
    "Amine": "20",
    "Hiba": "21",
    "Meryem": "23",
    "Omar": "20",
    "Sara": "23"
  }
}
`);
  expect(body).toHaveLength(139);
});

describe.each([
  ['with JavaScript', { javaScriptEnabled: true }],
  ['with JavaScript off', { javaScriptEnabled: false }],
])('the path of a visitor, %s', (_, options) => {
  /** Opens the list as visitors do. */
  async function pressListStudent(): Promise<Page> {
    const page = await openPage(options);
    await page.goto('/');
    await follow(page, () => page.getByRole('button', { name: 'List Student' }).click());
    return page;
  }

  async function filter(page: Page, name: string): Promise<void> {
    await page.getByLabel('Filter by name').fill(name);
    await follow(page, () => page.getByRole('button', { name: 'Filter' }).click());
  }

  describe('with the list that is shipped', () => {
    beforeAll(() => serve(SIX));

    test('the first page has the title', async () => {
      const page = await openPage(options);
      await page.goto('/');
      expect(await heading(page)).toBe('Student Checking App');
      expect(await page.title()).toBe('Student Checking App');
    });

    test('List Student shows the six students', async () => {
      const page = await pressListStudent();
      expect(await rows(page)).toEqual([
        'Ahmed\t20 years old',
        'Amine\t20 years old',
        'Hiba\t21 years old',
        'Meryem\t23 years old',
        'Omar\t20 years old',
        'Sara\t23 years old',
      ]);
    });

    test('List Student shows how many there are', async () => {
      expect(await count(await pressListStudent())).toBe('6 students');
    });

    test('List Student shows a chart that says what it shows', async () => {
      const page = await pressListStudent();
      const chart = page.getByRole('img', {
        name: 'Number of students of each age. 20 years: 3; 21 years: 1; 23 years: 2.',
        exact: true,
      });
      expect(await chart.locator('rect').count()).toBe(3);
    });

    test('the filter shows the students with a text in their names', async () => {
      const page = await pressListStudent();
      await filter(page, 'AM');
      expect(await rows(page)).toEqual(['Amine\t20 years old']);
      expect(await count(page)).toBe('1 of 6 students');
      expect(page.url()).toBe(`${stack.website}/students?name=AM`);
    });

    test('the filter can be cleared', async () => {
      const page = await pressListStudent();
      await filter(page, 'am');
      await follow(page, () => link(page, 'Clear').click());
      expect(await count(page)).toBe('6 students');
      expect(await page.getByLabel('Filter by name').inputValue()).toBe('');
    });

    test('the list is sorted by age, the other way round, and by name again', async () => {
      const page = await pressListStudent();
      /** The first and the last name, and how each column says that it is sorted. */
      const order = async () => ({
        ends: [(await rows(page)).at(0), (await rows(page)).at(-1)],
        name: await columnHeader(page, 'Name').getAttribute('aria-sort'),
        age: await columnHeader(page, 'Age').getAttribute('aria-sort'),
      });
      const byName = {
        ends: ['Ahmed\t20 years old', 'Sara\t23 years old'],
        name: 'ascending',
        age: null,
      };
      expect(await order()).toEqual(byName);
      await follow(page, () => link(page, 'Age').click());
      expect(await order()).toEqual({ ...byName, name: null, age: 'ascending' });
      await follow(page, () => link(page, 'Age').click());
      expect(await order()).toEqual({
        ends: ['Meryem\t23 years old', 'Omar\t20 years old'],
        name: null,
        age: 'descending',
      });
      await follow(page, () => link(page, 'Name').click());
      expect(await order()).toEqual(byName);
    });
  });

  describe('with a list of 250', () => {
    beforeAll(() => serve(MANY));

    test('Next leads to the next hundred', async () => {
      const page = await pressListStudent();
      expect(await rows(page)).toHaveLength(100);
      await follow(page, () => link(page, 'Next').click());
      const shown = await rows(page);
      expect(shown).toHaveLength(100);
      expect(shown.at(0)).toMatch('Ada 101\t');
      expect(shown.at(-1)).toMatch('Bo 050\t');
    });

    test('the number of the last page leads to the rest', async () => {
      const page = await pressListStudent();
      await follow(page, () => link(page, 'Page 3').click());
      const shown = await rows(page);
      expect(shown).toHaveLength(50);
      expect(shown.at(-1)).toMatch('Bo 100\t');
      expect(await link(page, 'Next').count()).toBe(0);
    });
  });
});

describe('by keyboard alone', () => {
  beforeAll(() => serve(MANY));

  const isFocused = (element: Locator) => element.evaluate((it) => it === document.activeElement);

  /** Presses Tab until something has the focus. */
  async function tabTo(target: Locator): Promise<void> {
    for (let stops = 0; stops < 20; stops++) {
      await target.page().keyboard.press('Tab');
      if (await isFocused(target)) return;
    }
    throw new Error(`no ${target} within 20 stops`);
  }

  test('a visitor lists, filters, sorts and pages', async () => {
    const page = await openPage();
    const enter = () => follow(page, () => page.keyboard.press('Enter'));
    await page.goto('/');
    await tabTo(page.getByRole('button', { name: 'List Student' }));
    await enter();
    expect(await count(page)).toBe('250 students');

    await tabTo(page.getByLabel('Filter by name'));
    await page.keyboard.type('ada');
    await enter();
    expect(await count(page)).toBe('150 of 250 students');

    await tabTo(link(page, 'Age'));
    await enter();
    expect(await columnHeader(page, 'Age').getAttribute('aria-sort')).toBe('ascending');

    await tabTo(link(page, 'Next'));
    await enter();
    expect(await rows(page)).toHaveLength(50);
    expect(page.url()).toBe(`${stack.website}/students?name=ada&sort=age&page=2`);
  });

  /** All that can have the focus, in the order of the page: whether it has, and shows it. */
  const stops = (page: Page) =>
    page.locator('a, button, input:not([type=hidden])').evaluateAll((elements) =>
      elements.map((element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return {
          isFocused: element === document.activeElement,
          isOutlined: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
        };
      }),
    );

  test.each(['/', '/students?name=a', '/no-such-page'])(
    'on %s, Tab goes to one thing after another, and shows at which it is',
    async (path) => {
      const page = await openPage();
      await page.goto(path);
      const { length } = await stops(page);
      expect(length).toBeGreaterThan(0);
      for (let index = 0; index < length; index++) {
        await page.keyboard.press('Tab');
        const only = Array.from({ length }, (_, at) => at === index);
        const now = await stops(page);
        expect(now.map(({ isFocused }) => isFocused)).toEqual(only);
        expect(now.map(({ isOutlined }) => isOutlined)).toEqual(only);
      }
    },
  );
});

/** The relative luminance (WCAG 2) of a computed colour, 0 to 1. */
function luminance(color: string): number {
  const channels = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color)?.slice(1).map(Number);
  if (!channels) throw new Error(`not a plain colour: ${color}`);
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const background = (element: Locator) =>
  element.evaluate((it) => getComputedStyle(it).backgroundColor);

describe('for who prefers', () => {
  beforeAll(() => serve(SIX));

  test.each(['/', '/students', '/no-such-page'])('the dark, %s is dark', async (path) => {
    const page = await openPage({ colorScheme: 'dark' });
    await page.goto(path);
    expect(luminance(await background(page.locator(':root')))).toBeLessThan(0.02);
    for (const card of await page.locator('.card').all()) {
      expect(luminance(await background(card))).toBeLessThan(0.02);
    }
  });

  test('the light, the page is light', async () => {
    const page = await openPage({ colorScheme: 'light' });
    await page.goto('/students');
    expect(luminance(await background(page.locator(':root')))).toBeGreaterThan(0.8);
  });
});

const address = Object.values(networkInterfaces())
  .flat()
  .find((candidate) => candidate?.family === 'IPv4' && !candidate.internal)?.address;
if (!address) console.log('Skipped, an address that is not loopback: this machine has none.');
(address ? describe : describe.skip)('on an address that is not loopback', () => {
  beforeAll(() => serve(SIX));

  const openElsewhere = () => {
    const site = new URL(stack.website);
    site.hostname = String(address);
    return openPage({}, site.origin);
  };

  test('List Student shows the six students', async () => {
    const page = await openElsewhere();
    await page.goto('/');
    await follow(page, () => page.getByRole('button', { name: 'List Student' }).click());
    expect(await rows(page)).toHaveLength(6);
  });

  test('the page looks as it does on localhost', async () => {
    const looks = async (page: Page) => {
      await page.goto('/');
      const button = page.getByRole('button', { name: 'List Student' });
      return {
        page: await background(page.locator(':root')),
        button: await background(button),
        font: await button.evaluate((it) => getComputedStyle(it).fontFamily),
        card: await page.locator('.card').evaluate((it) => getComputedStyle(it).padding),
      };
    };
    const styled = await looks(await openPage());
    expect(styled.page).toBe('rgb(244, 246, 249)');
    expect(await looks(await openElsewhere())).toEqual(styled);
  });
});

/** A page that must be right however it is looked at. */
interface View {
  readonly name: string;
  readonly status: number;
  /** The words of its main heading. */
  readonly title: string;
  readonly open: (page: Page) => Promise<PageResponse | null>;
  /** Where, when it is not the stack's website. */
  readonly site?: () => string;
}

const goTo = (path: string) => (page: Page) => page.goto(path);
const view = (name: string, path: string, title = 'Students', status = 200): View => ({
  name,
  status,
  title,
  open: goTo(path),
});

/** Tests that pages are right however they are looked at. */
function lookAt(...views: View[]): void {
  /** Opens a view on a phone, in the light, and makes sure that it is the one that is meant. */
  async function openView({ open, site, status, title }: View): Promise<Page> {
    // Else colours take a moment to change.
    const page = await openPage({ viewport: PHONE, reducedMotion: 'reduce' }, site?.());
    const response = await open(page);
    expect(response?.status()).toBe(status);
    expect(await heading(page)).toBe(title);
    return page;
  }

  test.each(views)('$name: no axe violation, narrow and wide, light and dark', async (it) => {
    const page = await openView(it);
    for (const { viewport, colorScheme } of LOOKS) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const file = `${it.name.replaceAll(' ', '-')}-${viewport.width}-${colorScheme}.png`;
      await page.screenshot({ path: join(OUTPUT, file), fullPage: true });
      // Legacy: without what only frames of other origins need, a page of its own for each run.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const found = violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }));
      expect({ file, found }).toEqual({ file, found: [] });
    }
  });

  test.each(views)('$name: nothing to scroll to the side at 360 px', async (it) => {
    const page = await openView(it);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });
}

describe('pages with the list that is shipped', () => {
  beforeAll(() => serve(SIX));
  lookAt(
    view('home', '/', 'Student Checking App'),
    view('list', '/students'),
    view('filtered', '/students?name=m&sort=age&order=desc'),
    view('no match', '/students?name=nobody'),
    view('error 400', '/%zz', 'This address is not valid', 400),
    view('error 404', '/no-such-page', 'There is no such page', 404),
    {
      name: 'error 405',
      status: 405,
      title: 'This page cannot do that',
      async open(page) {
        await page.route('/students', (route) => route.continue({ method: 'POST' }));
        return page.goto('/students');
      },
    },
  );
});

describe('pages with a list of 250', () => {
  beforeAll(() => serve(MANY));
  lookAt(view('page 2', '/students?page=2'));
});

describe('pages with the longest name, and one from right to left', () => {
  beforeAll(() => serve(AWKWARD));
  lookAt(
    view('awkward list', '/students'),
    view('awkward filter', `/students?name=${LONGEST_NAME}`),
    view('awkward no match', `/students?name=${'x'.repeat(200)}`),
  );
});

describe('pages with nobody on the list', () => {
  beforeAll(() => serve(NOBODY));
  lookAt(view('nobody', '/students'));
});

describe('pages when the API refuses the credentials', () => {
  const name = `${PREFIX}-user-refused`;
  let site: string;
  beforeAll(async () => {
    const networks = '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}';
    const network = await inspect(stack.container('simple-api'), networks);
    await docker(
      ['run', '--detach', '--name', name, '--network', network, '--publish', '127.0.0.1::3000']
        .concat('--env', 'API_URL=http://simple-api:5000', '--env', 'API_USERNAME=wrong')
        .concat(`${PREFIX}/website:e2e`),
    );
    const { stdout } = await docker(['port', name, '3000']);
    site = `http://${stdout.trim()}`;
    await eventually(20_000, async () =>
      expect((await fetch(`${site}/health/live`)).status).toBe(200),
    );
  });
  afterAll(() => docker(['rm', '--force', '--volumes', name]));
  lookAt({
    ...view('error 502', '/students', 'The student list is locked for this website', 502),
    site: () => site,
  });
});

describe('pages when the API is paused', () => {
  beforeAll(() => docker(['pause', stack.container('simple-api')]));
  afterAll(() => docker(['unpause', stack.container('simple-api')]));
  lookAt(view('error 504', '/students', 'The student list takes too long', 504));
});

describe('pages when there is no list', () => {
  beforeAll(async () => {
    await rm(stack.list);
    await stack.compose('restart', 'simple-api');
    await eventually(20_000, async () => expect((await stack.getList()).status).toBe(503));
  });
  lookAt(view('error 503 no list', '/students', 'There is no student list right now', 503));
});

describe('pages when the API is stopped', () => {
  beforeAll(() => stack.compose('stop', 'simple-api'));
  const title = 'The student list cannot be reached right now';
  lookAt(view('error 503', '/students', title, 503));
});

test.each(['/', '/students', '/no-such-page'])(
  'the content security policy of %s allows nothing inline and no other host',
  async (path) => {
    const res = await fetch(`${stack.website}${path}`);
    const policy = res.headers.get('Content-Security-Policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-');
    expect(policy).not.toMatch(/https?:|\*/);
  },
);
