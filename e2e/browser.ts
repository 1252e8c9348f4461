import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Starts the system's Chromium. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    // In CI they run as root in a container, where the sandbox cannot be, nor a graphics card.
    args: ['--no-sandbox', '--disable-gpu'],
  });

/** A page in a browser's context of its own, and what the browser had to say about it. */
export type WatchedPage = Awaited<ReturnType<typeof openWatched>>;

/**
 * Opens an empty page and watches it from then on.
 *
 * @param origin the only one that may be asked for anything; addresses may leave it out
 */
export async function openWatched(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
) {
  const context = await browser.newContext({ baseURL: origin, ...options });
  context.setDefaultTimeout(10_000);
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
    if (new URL(request.url()).origin !== origin) complaints.push(`request: ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    // The browser itself gives up what a page asked for that is left, such as its icon, and a page that
    // turns out to be a file.
    if (request.failure()?.errorText.endsWith('ABORTED')) return;
    complaints.push(`failed: ${request.url()}`);
  });
  return { page: await context.newPage(), complaints };
}

/** Does what leads to another page, and waits until that is there. */
export async function follow(page: Page, action: Promise<void>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), action]);
}
