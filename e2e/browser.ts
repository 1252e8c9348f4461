import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** How long to wait for anything on a page, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Starts the system's Chromium.
 *
 * @throws Error when there is none, saying how to get it
 */
export function launchChromium(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`These tests need ${EXECUTABLE}: apt-get install chromium`);
  }
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      // In CI they run as root in a container, where the sandbox cannot be, nor a graphics card.
      '--no-sandbox',
      '--disable-gpu',
      // Else the browser itself asks its maker's servers for this and that.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** A page in a browser's context of its own, and what the browser had to say about it. */
export interface WatchedPage {
  readonly page: Page;
  /**
   * Closes it.
   *
   * @returns each console message, error of a script, failed request and request to another host
   */
  close(): Promise<string[]>;
}

/**
 * Opens an empty page and watches it from then on.
 *
 * @param origin the only one that may be asked for anything
 */
export async function openWatched(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = watch(context, origin);
  return {
    page: await context.newPage(),
    async close() {
      const found = complaints();
      await context.close();
      return found;
    },
  };
}

/** @returns what finds all that was wrong until now */
function watch(context: BrowserContext, origin: string): () => string[] {
  const complaints: string[] = [];
  const messages: string[] = [];
  // The browser itself tells the console of a page with the status of an error, as it should.
  const expected = new Set<string>();
  context.on('console', (message) => {
    messages.push(`console: ${message.text()} at ${message.location().url}`);
  });
  context.on('weberror', (error) => complaints.push(`error: ${error.error()}`));
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request: ${request.url()}`);
  });
  context.on('requestfailed', (request) =>
    complaints.push(`failed: ${request.url()}, ${request.failure()?.errorText}`),
  );
  context.on('response', (response) => {
    if (response.request().isNavigationRequest() && response.status() >= 400) {
      const reason = `a status of ${response.status()} (${response.statusText()})`;
      expected.add(
        `console: Failed to load resource: the server responded with ${reason} at ${response.url()}`,
      );
    }
  });
  return () => [...complaints, ...messages.filter((message) => !expected.has(message))];
}
