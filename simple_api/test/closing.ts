import { afterEach } from '@jest/globals';

const opened: (() => unknown)[] = [];

/** Has something closed when the test ends, however it ends; what was opened last is closed first. */
export function closeAfter(close: () => unknown): void {
  opened.push(close);
}

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
