import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { LOG_LEVELS } from './logger';

/** Why a service cannot start, for the person who starts it. */
export class StartError extends Error {
  override readonly name = 'StartError';

  /** @param mistakes one sentence for each; never with a secret in it */
  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
  }
}

/** A path or an address. */
export const text = z.string().min(1, 'must not be empty');

/** RFC 7617, 2; nor Unicode's line separators, which basic-auth does not take. */
export const password = text.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must not have control characters');

/** A colon would end it. */
export const username = password.regex(/^[^:]*$/, 'must not have a colon (RFC 7617)');

const isPort = (it: string) => /^\d{1,5}$/.test(it) && Number(it) <= 65535;

const port = text.refine(isPort, 'must be a number from 0 to 65535').transform(Number);

/** The variables of every service. */
export function serviceVariables(defaultPort: number, host: string) {
  return {
    PORT: port.default(defaultPort),
    METRICS_PORT: port.optional(),
    HOST: text.default(host),
    PUBLIC_URL: text.optional(),
    LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
    API_USERNAME: username.default('root'),
    API_PASSWORD: password.default('root'),
  };
}

/**
 * An empty variable is not set; each secret may be in a file, which `API_PASSWORD_FILE` names, for one.
 *
 * @param secrets beside the credentials that all services have
 * @throws StartError with all the mistakes in it
 */
export function readEnvironment<T>(
  variables: z.ZodType<T>,
  env: NodeJS.ProcessEnv,
  secrets: readonly string[] = [],
): T {
  const mistakes: string[] = [];
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  for (const name of ['API_USERNAME', 'API_PASSWORD', ...secrets]) {
    set[name] = readSecret(set, name, mistakes);
  }
  const { data, error } = variables.safeParse(set);
  for (const { path, message } of error?.issues ?? [])
    mistakes.push(`${path.join('.')} ${message}`);
  if (data === undefined || mistakes.length > 0) throw new StartError(mistakes);
  return data;
}

function readSecret(env: NodeJS.ProcessEnv, name: string, mistakes: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name];
  if (env[name] !== undefined) {
    mistakes.push(`${name} and ${name}_FILE are both set`);
    return undefined;
  }
  try {
    const bytes = readFileSync(file);
    // A newline at the end is not part of it, nor is a byte order mark, which the decoder drops.
    if (isUtf8(bytes)) return new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
    mistakes.push(`${name}_FILE has a byte that is not UTF-8; save ${file} as UTF-8`);
  } catch (error) {
    mistakes.push(`${name}_FILE cannot be read: ${error}`);
  }
  return undefined;
}
