import { join } from 'node:path';
import * as z from 'zod';
import { LOG_LEVELS, type LogLevel } from './logger';
import { readSecret } from './secret';

/** What the API is told by its environment. */
export interface Config {
  /** The TCP port to listen on; 0 lets the system choose one. */
  readonly port: number;
  /** The address to listen on. */
  readonly host: string;
  /** The path of the list. */
  readonly studentAgeFile: string;
  /** What a client must sign in with. */
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

/** The user name and the password while none are configured. */
export const DEFAULT_CREDENTIALS: Credentials = { username: 'root', password: 'root' };

// RFC 7617, 2: neither may have control characters, and the name no colon, which ends it.
const CONTROL_CHARACTERS = /\p{Cc}/u;
const credential = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => !CONTROL_CHARACTERS.test(text), 'must not have control characters');

const environment = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65535, 'must be a number from 0 to 65535')
    .default(5000),
  HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  STUDENT_AGE_FILE: z
    .string()
    .min(1, 'must not be empty')
    .default(join(__dirname, '../data/student_age.json')),
  API_USERNAME: credential
    .refine((name) => !name.includes(':'), 'must not have a colon (RFC 7617)')
    .default(DEFAULT_CREDENTIALS.username),
  API_PASSWORD: credential.default(DEFAULT_CREDENTIALS.password),
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
  const values = {
    ...env,
    API_USERNAME: readSecret(env, 'API_USERNAME', mistakes),
    API_PASSWORD: readSecret(env, 'API_PASSWORD', mistakes),
  };
  const result = environment.safeParse(values);
  for (const { path, message } of result.error?.issues ?? []) {
    mistakes.push(`${path.join('.')} ${message}`);
  }
  if (!result.data || mistakes.length > 0) throw new ConfigError(mistakes);
  const { PORT, HOST, STUDENT_AGE_FILE, API_USERNAME, API_PASSWORD, LOG_LEVEL } = result.data;
  return {
    port: PORT,
    host: HOST,
    studentAgeFile: STUDENT_AGE_FILE,
    credentials: { username: API_USERNAME, password: API_PASSWORD },
    logLevel: LOG_LEVEL,
  };
}
