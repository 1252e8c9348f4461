import * as z from 'zod';
import { LOG_LEVELS, type LogLevel } from './logger';
import { readSecret } from './secret';

/** What the website is told by its environment. */
export interface Config {
  /** The TCP port to listen on; 0 lets the system choose one. */
  readonly port: number;
  /** The address to listen on. */
  readonly host: string;
  /** Where the API is, without a slash at the end. */
  readonly apiUrl: string;
  /** What the website signs in to the API with. */
  readonly credentials: Credentials;
  readonly logLevel: LogLevel;
}

/** A name and a password for HTTP Basic authentication (RFC 7617). */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What is wrong with the environment. */
export class ConfigError extends Error {
  /** @param mistakes one sentence for each */
  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'ConfigError';
  }
}

const apiUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const mistake = findUrlMistake(text, url);
  if (mistake) context.addIssue({ code: 'custom', message: mistake });
  return text.replace(/\/+$/, '');
});

function findUrlMistake(text: string, url: URL | undefined): string | undefined {
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return 'must be an address like http://localhost:5000';
  }
  if (url.username || url.password) {
    return 'must not have credentials; API_USERNAME and API_PASSWORD are for them';
  }
  if (/[?#]/.test(text)) return 'must not have a query or a fragment';
  return undefined;
}

// RFC 7617, 2: neither may have control characters, and the name no colon, which ends it.
const CONTROL_CHARACTERS = /\p{Cc}/u;
const credential = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => !CONTROL_CHARACTERS.test(text), 'must not have control characters')
  .default('root');

const environment = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65535, 'must be a number from 0 to 65535')
    .default(3000),
  HOST: z.string().min(1, 'must not be empty').default('0.0.0.0'),
  API_URL: apiUrl.default('http://localhost:5000'),
  API_USERNAME: credential.refine(
    (name) => !name.includes(':'),
    'must not have a colon (RFC 7617)',
  ),
  API_PASSWORD: credential,
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/**
 * Reads the configuration. Each secret may also be in a file, as Docker's secrets are: its variable
 * with `_FILE` behind it then names the file.
 *
 * @param env the environment, for example `process.env`
 * @throws ConfigError with everything that is wrong with it, never with a secret
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const mistakes: string[] = [];
  const variables = credentialVariables(env);
  const values = {
    ...env,
    API_USERNAME: readSecret(env, variables.API_USERNAME, mistakes),
    API_PASSWORD: readSecret(env, variables.API_PASSWORD, mistakes),
  };
  const result = environment.safeParse(values);
  for (const { path, message } of result.error?.issues ?? []) {
    const name = path.join('.');
    const isCredential = name === 'API_USERNAME' || name === 'API_PASSWORD';
    mistakes.push(`${isCredential ? variables[name] : name} ${message}`);
  }
  if (!result.data || mistakes.length > 0) throw new ConfigError(mistakes);
  const { PORT, HOST, API_URL, API_USERNAME, API_PASSWORD, LOG_LEVEL } = result.data;
  return {
    port: PORT,
    host: HOST,
    apiUrl: API_URL,
    credentials: { username: API_USERNAME, password: API_PASSWORD },
    logLevel: LOG_LEVEL,
  };
}

/**
 * Finds the variables that hold the credentials. Those of the old version count only as a pair: a
 * desktop sets `USERNAME` by itself.
 */
function credentialVariables(env: NodeJS.ProcessEnv): {
  API_USERNAME: string;
  API_PASSWORD: string;
} {
  const isSet = (name: string) => env[name] !== undefined || env[`${name}_FILE`] !== undefined;
  const isOldPair =
    !isSet('API_USERNAME') && !isSet('API_PASSWORD') && isSet('USERNAME') && isSet('PASSWORD');
  return isOldPair
    ? { API_USERNAME: 'USERNAME', API_PASSWORD: 'PASSWORD' }
    : { API_USERNAME: 'API_USERNAME', API_PASSWORD: 'API_PASSWORD' };
}
