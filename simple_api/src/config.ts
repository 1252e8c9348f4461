import { join } from 'node:path';
import * as z from 'zod';
import { password, readEnvironment, serviceVariables, text, username } from './service/environment';

const isDatabase = (it: string) => /^postgres(ql)?:/.test(it) && URL.canParse(it);
const hasNoPassword = (it: string) => !URL.canParse(it) || new URL(it).password === '';
const hasKnownMode = (it: string) =>
  !/[?&]sslmode=/.test(it) || /[?&]sslmode=(disable|require|verify-ca|verify-full)(&|$)/.test(it);

const variables = (oldFile: string | undefined, folder: string) =>
  z.object({
    ...serviceVariables(5000, '127.0.0.1'),
    EDITOR_USERNAME: username.default('editor'),
    EDITOR_PASSWORD: password.min(12, 'must have at least 12 characters').optional(),
    DATABASE_URL: text
      .refine(isDatabase, 'must be an address such as postgres://students@database/students')
      .refine(hasNoPassword, 'must not have a password; set DATABASE_PASSWORD')
      .refine(hasKnownMode, 'may have the sslmode disable, require, verify-ca or verify-full')
      .optional(),
    DATABASE_PASSWORD: text.optional(),
    STUDENT_AGE_FILE: text
      .refine(
        (file) => !oldFile || oldFile === file,
        'and student_age_file_path are both set, to different files',
      )
      .default(join(folder, 'student_age.json')),
  });

/** docs/configuration.md describes each variable. */
export type Config = Readonly<z.infer<ReturnType<typeof variables>>>;

/**
 * `student_age_file_path` is the old version's name of `STUDENT_AGE_FILE`; the image sets
 * `STUDENT_AGE_FOLDER`, which contradicts neither.
 *
 * @throws StartError with all the mistakes in it, never with a secret
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const { student_age_file_path: oldFile } = env;
  const folder = env['STUDENT_AGE_FOLDER'] || join(__dirname, '../data');
  const STUDENT_AGE_FILE = env['STUDENT_AGE_FILE'] || oldFile;
  const secrets = ['EDITOR_USERNAME', 'EDITOR_PASSWORD', 'DATABASE_PASSWORD'];
  return readEnvironment(variables(oldFile, folder), { ...env, STUDENT_AGE_FILE }, secrets);
}
