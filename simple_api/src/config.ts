import { join } from 'node:path';
import * as z from 'zod';
import { readEnvironment, serviceVariables, text } from './service/environment';

const variables = z.object({
  ...serviceVariables(5000, '127.0.0.1'),
  STUDENT_AGE_FILE: text.default(join(__dirname, '../data/student_age.json')),
});

/** What the API is told by its environment: README.md describes each variable. */
export type Config = Readonly<z.infer<typeof variables>>;

/** @throws StartError with all the mistakes in it, never with a secret */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return readEnvironment(variables, env);
}
