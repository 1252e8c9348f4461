import { readFileSync } from 'node:fs';
import dotenv from 'dotenv';
import { StartError } from './environment';

/** The credentials in an `.env` file, and what is written behind each `=` or `:`. */
const CREDENTIALS =
  /^\s*(?:export\s+)?((?:API_|EDITOR_)?(?:USERNAME|PASSWORD))(?:\s*=|:)[^\S\n]*(.*)$/gm;

/** A value that Docker Compose, dotenv and Node.js read alike: quoted, or of plain characters. */
const IS_CLEAR = /^(?:'[^']*(?<!\\)'|"[^"$\\]*"|[^\s'"`$#\\][^$#\\]*|)(?:\s+#.*|\s*)$/;

/**
 * Adds to the environment what the `.env` file in the current folder has, if there is one and what is
 * not set.
 *
 * @throws StartError when it has a user name or a password that Docker Compose, which reads the same
 *   file, takes for another one: `"pa$word"` is `pa` there
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
