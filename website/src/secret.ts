import { readFileSync } from 'node:fs';
import { systemErrorCode } from './system-error';

/**
 * Reads a secret from its variable or, as Docker's secrets want it, from the file that the variable
 * with `_FILE` behind its name points to. One newline at the end of the file is dropped.
 *
 * @param mistakes gets a sentence when both are set or the file cannot be read
 * @returns undefined when neither is set, or after a mistake
 */
export function readSecret(
  env: NodeJS.ProcessEnv,
  name: string,
  mistakes: string[],
): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name];
  if (env[name] !== undefined) {
    mistakes.push(`${name} and ${name}_FILE are both set`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    mistakes.push(`${name}_FILE: ${file} cannot be read: ${systemErrorCode(error)}`);
    return undefined;
  }
}
