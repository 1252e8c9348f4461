import * as z from 'zod';
import { readEnvironment, serviceVariables } from '#service/environment';

const variables = z.object({
  ...serviceVariables(3000, '::'),
  API_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address like http://localhost:5000' })
    .refine(
      (url) => !/^\w+:\/\/[^/]*@/.test(url),
      'must not have credentials; API_USERNAME and API_PASSWORD are for them',
    )
    .refine((url) => !/[?#]/.test(url), 'must not have a query or a fragment')
    .transform((url) => url.replace(/\/+$/, ''))
    .default('http://localhost:5000'),
  BASE_PATH: z
    .string()
    .transform((path) => path.replace(/\/$/, ''))
    .refine((path) => /^(\/[\w~-][\w.~-]*)*$/.test(path), 'must be a path like /students-app')
    // The image's own check asks for /health/live, and /manage/paste could be either of two pages.
    .refine((it) => !/^\/(health|manage)(\/|$)/.test(it), 'must not start with /health or /manage')
    .default(''),
});

/** What the website is told by its environment: docs/configuration.md describes each variable. */
export type Config = Readonly<z.infer<typeof variables>>;

/**
 * Reads the configuration. The credentials may also be in `USERNAME` and `PASSWORD`, the old names,
 * but only as a pair, because a desktop sets `USERNAME` by itself, and only without the new ones.
 *
 * @throws StartError with all the mistakes in it, never with a secret
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const isSet = (name: string) => Boolean(env[name] || env[`${name}_FILE`]);
  const isOld = isSet('USERNAME') && isSet('PASSWORD');
  if (!isOld || isSet('API_USERNAME') || isSet('API_PASSWORD')) {
    return readEnvironment(variables, env);
  }
  const names = ['USERNAME', 'USERNAME_FILE', 'PASSWORD', 'PASSWORD_FILE'];
  const renamed = Object.fromEntries(names.map((name) => [`API_${name}`, env[name]]));
  return readEnvironment(variables, { ...env, ...renamed });
}
