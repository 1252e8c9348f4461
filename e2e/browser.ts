/// <reference lib="dom" />
import { AxeBuilder } from '@axe-core/playwright';
import { afterEach, expect } from '@jest/globals';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';

/** Starts the system's Chromium. */
export const launchChromium = (...options: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    // In CI they run as root in a container, where the sandbox cannot be, nor a graphics card.
    args: ['--no-sandbox', '--disable-gpu', ...options],
  });

/**
 * Opens an empty page in a context of its own and watches it from then on.
 *
 * @param origin of the only host that may be asked for anything; addresses may leave it out
 * @returns the page, and what the browser had to say about it
 */
async function openWatched(browser: Browser, origin: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ baseURL: origin, ...options });
  context.setDefaultTimeout(60_000);
  /** Console messages, errors of scripts, dialogs, failed requests and requests to another host. */
  const complaints: string[] = [];
  context.on('console', (message) => {
    // What the browser itself says of a page with the status of an error is as it should be.
    const isOfPage = message.location().url === message.page()?.url();
    if (isOfPage && message.text().startsWith('Failed to load resource: the server')) return;
    complaints.push(`console: ${message.text()} at ${message.location().url}`);
  });
  context.on('weberror', (error) => complaints.push(`error: ${error.error()}`));
  context.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  context.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(origin).host)
      complaints.push(`request: ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    // The browser itself gives up what a page asked for that is left, such as its icon, and a page that
    // turns out to be a file.
    if (request.failure()?.errorText.endsWith('ABORTED')) return;
    complaints.push(`failed: ${request.url()}`);
  });
  return { page: await context.newPage(), complaints };
}

/**
 * Watches every page of every test of a file: no console message, no request to another host. After a
 * test, its pages are closed.
 *
 * @returns a function that opens one, as `openWatched` does
 */
export function watchPages(): (...args: Parameters<typeof openWatched>) => Promise<Page> {
  const watched: Awaited<ReturnType<typeof openWatched>>[] = [];
  afterEach(async () => {
    const pages = watched.splice(0);
    await Promise.all(pages.map(({ page }) => page.context().close()));
    expect(pages.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
  return async (...args) => {
    const opened = await openWatched(...args);
    watched.push(opened);
    return opened.page;
  };
}

/** What has the names that people see. */
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
export const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

/** Presses Tab until something has the focus, which shows wherever it is. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stops = 0; stops < 30; stops++) {
    await page.keyboard.press('Tab');
    const width = await page.locator(':focus').evaluate((it) => getComputedStyle(it).outlineWidth);
    expect(Number.parseFloat(width)).toBeGreaterThanOrEqual(2);
    if (await target.evaluate((it) => it === document.activeElement)) return;
  }
  throw new Error(`no ${target} within 30 stops`);
}

/** Checks that a page fits a phone and a desk, and has no axe violation, light or dark. */
export async function expectAccessible(page: Page): Promise<void> {
  const backgrounds = new Set<string>();
  await page.emulateMedia({ reducedMotion: 'reduce' }); // else colours take a moment to change
  for (const width of [360, 1200]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const root = page.locator(':root');
      backgrounds.add(await root.evaluate((it) => getComputedStyle(it).backgroundColor));
      // Legacy: without what only frames of other origins need, a page of its own for each run.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const found = violations.flatMap(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
      expect(found).toEqual([]);
    }
  }
  expect(backgrounds.size).toBe(2);
}

/** The one message of a page. */
export const message = (page: Page) => page.locator('.message').innerText();

/** Does what leads to another page, and waits until that is there. */
export async function follow(page: Page, action: Promise<void>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), action]);
}
