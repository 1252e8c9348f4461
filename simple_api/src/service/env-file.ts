import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import dotenv from 'dotenv';
import { StartError } from './environment';

/** Names of credentials, and what is written behind each `=` or `:`. */
const CREDENTIALS =
  /^\s*(?:export\s+)?((?:API_|EDITOR_|DATABASE_)?(?:USERNAME|PASSWORD))(?:\s*=|:)[^\S\n]*(.*)$/gm;

/** A value that Docker Compose, dotenv and Node.js read alike: quoted, or of plain characters. */
const IS_CLEAR = /^(?:'[^']*(?<!\\)'|"[^"$\\]*"|[^\s'"`$#\\][^$#\\]*|)(?:\s+#.*|\s*)$/;

/**
 * Adds to an environment what the current folder's `.env` has, and what is not set there, or empty.
 *
 * @throws StartError when it cannot be read, or has credentials that Docker Compose takes for others:
 *   `"pa$word"` is `pa` there
 */
export function withEnvFile(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const text = readEnvFile();
  const mistakes = [...text.matchAll(CREDENTIALS)]
    .filter(([, , value = '']) => !IS_CLEAR.test(value))
    .map(
      ([, name]) =>
        `${name} in .env means different things to different programs; put it in single quotes, without a single quote in it or a backslash at its end, or use ${name}_FILE`,
    );
  if (mistakes.length > 0) throw new StartError(mistakes);
  const set = Object.entries(env).filter(([, value]) => value !== '');
  return { ...dotenv.parse(text), ...Object.fromEntries(set) };
}

function readEnvFile(): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync('.env');
  } catch (error) {
    if (Object(error).code === 'ENOENT') return '';
    throw new StartError([`.env cannot be read: ${error}`]);
  }
  // UTF-16 without a mark may be UTF-8 as well: each second byte is zero.
  if (isUtf8(bytes) && !bytes.includes(0)) return new TextDecoder().decode(bytes);
  throw new StartError(['.env is not UTF-8; save it as UTF-8']);
}
