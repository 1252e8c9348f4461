import { readFileSync } from 'node:fs';
import dotenv from 'dotenv';
import { StartError } from './environment';

/** Names of credentials, and what is written behind each `=` or `:`. */
const CREDENTIALS =
  /^\s*(?:export\s+)?((?:API_|EDITOR_)?(?:USERNAME|PASSWORD))(?:\s*=|:)[^\S\n]*(.*)$/gm;

/** A value that Docker Compose, dotenv and Node.js read alike: quoted, or of plain characters. */
const IS_CLEAR = /^(?:'[^']*(?<!\\)'|"[^"$\\]*"|[^\s'"`$#\\][^$#\\]*|)(?:\s+#.*|\s*)$/;

/**
 * Adds to the environment what the current folder's `.env` has, and what is not set.
 *
 * @throws StartError for credentials that Docker Compose takes for others: `"pa$word"` is `pa` there
 */
export function loadEnvFile(): void {
  dotenv.config({ quiet: true });
  const mistakes = [...readIfThere('.env').matchAll(CREDENTIALS)]
    .filter(([, , value = '']) => !IS_CLEAR.test(value))
    .map(
      ([, name]) =>
        `${name} in .env means different things to different programs; put it in single quotes, without a single quote in it or a backslash at its end, or use ${name}_FILE`,
    );
  if (mistakes.length > 0) throw new StartError(mistakes);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
