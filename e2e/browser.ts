import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** How long to wait for anything on a page, in ms. */
const PATIENCE_MS = 10_000;

/** Starts the system's Chromium. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    // In CI they run as root in a container, where the sandbox cannot be, nor a graphics card.
    args: ['--no-sandbox', '--disable-gpu'],
  });

/** A page in a browser's context of its own, and what the browser had to say about it. */
export interface WatchedPage {
  readonly page: Page;
  /** Console messages, errors of scripts, failed requests and requests to another host. */
  readonly complaints: string[];
}

/**
 * Opens an empty page and watches it from then on.
 *
 * @param origin the only one that may be asked for anything; addresses may leave it out
 */
export async function openWatched(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  context.on('console', (message) => {
    // What the browser itself says of a page with the status of an error is as it should be.
    const isOfPage = message.location().url === message.page()?.url();
    if (isOfPage && message.text().startsWith('Failed to load resource: the server')) return;
    complaints.push(`console: ${message.text()} at ${message.location().url}`);
  });
  context.on('weberror', (error) => complaints.push(`error: ${error.error()}`));
  context.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request: ${request.url()}`);
  });
  context.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  return { page: await context.newPage(), complaints };
}
