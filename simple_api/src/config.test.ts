import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readConfig } from './config';
import { StartError } from './service/environment';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(content: string | Buffer): string {
  const file = join(folder, 'secret');
  writeFileSync(file, content);
  return file;
}

function mistakes(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof StartError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      PORT: 5000,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      API_USERNAME: 'root',
      API_PASSWORD: 'root',
      EDITOR_USERNAME: 'editor',
      STUDENT_AGE_FILE: join(__dirname, '../data/student_age.json'),
    });
  });

  test('takes every variable', () => {
    const env = {
      HOST: '::1',
      LOG_LEVEL: 'debug',
      API_USERNAME: 'zoë',
      API_PASSWORD: 'a:b c#d',
      EDITOR_USERNAME: 'öde',
      EDITOR_PASSWORD: ': #345678901',
      DATABASE_URL: 'postgresql://students@database/students?sslmode=verify-full',
      DATABASE_PASSWORD: 'p@ss/%41',
      STUDENT_AGE_FILE: '/data/list.json',
    };
    expect(readConfig({ ...env, PORT: '0' })).toEqual({ ...env, PORT: 0 });
  });

  test('takes an empty variable as one that is not set', () => {
    const names = Object.keys(readConfig({}));
    names.push('EDITOR_PASSWORD', 'PUBLIC_URL', 'student_age_file_path', 'STUDENT_AGE_FOLDER');
    names.push('DATABASE_URL', 'DATABASE_PASSWORD');
    const files = ['API_USERNAME', 'API_PASSWORD', 'EDITOR_USERNAME', 'EDITOR_PASSWORD'];
    names.push(...files.map((name) => `${name}_FILE`));
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
    const env = { ...empty, student_age_file_path: '/a', API_PASSWORD: 'b' };
    expect(readConfig(env)).toMatchObject({ STUDENT_AGE_FILE: '/a', API_PASSWORD: 'b' });
  });

  test('takes the file from the variable of the old version, too', () => {
    const old = { student_age_file_path: '/old/list.json' };
    expect(readConfig(old).STUDENT_AGE_FILE).toBe('/old/list.json');
    expect(readConfig({ ...old, STUDENT_AGE_FILE: '/old/list.json' })).toEqual(readConfig(old));
  });

  test('looks in the folder of the image, if nothing says which file', () => {
    const image = { STUDENT_AGE_FOLDER: '/data' };
    const file = (env: NodeJS.ProcessEnv) => readConfig({ ...image, ...env }).STUDENT_AGE_FILE;
    expect(file({})).toBe('/data/student_age.json');
    expect(file({ STUDENT_AGE_FILE: '/a' })).toBe('/a');
    expect(file({ student_age_file_path: '/a' })).toBe('/a');
  });

  test.each([
    ['a long secret\n', 'a long secret'],
    ['a long secret\r\n', 'a long secret'],
    ['a long secret', 'a long secret'],
    [' a long secret ', ' a long secret '],
    ['\uFEFFa long secret\r\n', 'a long secret'],
    ['streng gehe\u00EFm', 'streng gehe\u00EFm'],
  ])('takes the secret from a file with %j', (content, expected) => {
    const file = secretFile(content);
    const { API_USERNAME, API_PASSWORD, EDITOR_PASSWORD } = readConfig({
      API_PASSWORD_FILE: file,
      EDITOR_PASSWORD_FILE: file,
    });
    expect([API_USERNAME, API_PASSWORD, EDITOR_PASSWORD]).toEqual(['root', expected, expected]);
  });

  test('refuses a secret that is not UTF-8', () => {
    const file = secretFile(Buffer.from('gehe\u00EFm', 'latin1'));
    expect(mistakes({ API_PASSWORD_FILE: file })).toEqual([
      `API_PASSWORD_FILE has a byte that is not UTF-8; save ${file} as UTF-8`,
    ]);
  });

  test('refuses a file without a secret in it', () => {
    expect(mistakes({ API_PASSWORD_FILE: secretFile('\n') })).toEqual([
      'API_PASSWORD must not be empty',
    ]);
  });

  test('drops one newline only: the other is a control character', () => {
    expect(mistakes({ API_PASSWORD_FILE: secretFile('secret\n\n') })).toEqual([
      'API_PASSWORD must not have control characters',
    ]);
  });

  const PORT = 'PORT must be a number from 0 to 65535';
  const LEVEL = 'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace';
  test.each<[NodeJS.ProcessEnv, string]>([
    ...['http', '-1', '80.5', '1e3', '65536', ' 80'].map((port): [NodeJS.ProcessEnv, string] => [
      { PORT: port },
      PORT,
    ]),
    [
      { STUDENT_AGE_FILE: '/a', student_age_file_path: '/b' },
      'STUDENT_AGE_FILE and student_age_file_path are both set, to different files',
    ],
    [{ API_USERNAME: 'a:b' }, 'API_USERNAME must not have a colon (RFC 7617)'],
    [{ API_PASSWORD: 'a\tb' }, 'API_PASSWORD must not have control characters'],
    [{ API_PASSWORD: 'a\u2028b' }, 'API_PASSWORD must not have control characters'],
    [{ EDITOR_USERNAME: 'a:b' }, 'EDITOR_USERNAME must not have a colon (RFC 7617)'],
    [{ EDITOR_PASSWORD: '12345678901\t' }, 'EDITOR_PASSWORD must not have control characters'],
    [{ EDITOR_PASSWORD: '12345678901' }, 'EDITOR_PASSWORD must have at least 12 characters'],
    [
      { API_PASSWORD: 'a', API_PASSWORD_FILE: '/b' },
      'API_PASSWORD and API_PASSWORD_FILE are both set',
    ],
    ...['database', 'mysql://database/students'].map((url): [NodeJS.ProcessEnv, string] => [
      { DATABASE_URL: url },
      'DATABASE_URL must be an address such as postgres://students@database/students',
    ]),
    [
      { DATABASE_URL: 'postgres://students:hush@database/students' },
      'DATABASE_URL must not have a password; set DATABASE_PASSWORD',
    ],
    [
      { DATABASE_URL: 'postgres://students@database/students?sslmode=verify_full' },
      'DATABASE_URL may have the sslmode disable, require, verify-ca or verify-full',
    ],
    [{ LOG_LEVEL: 'loud' }, LEVEL],
  ])('refuses %j', (env, mistake) => {
    expect(mistakes(env)).toEqual([mistake]);
  });

  test('names a secret file that cannot be read', () => {
    const all = mistakes({ API_USERNAME_FILE: '/no/such/file' });
    expect(all).toEqual([
      expect.stringMatching(/^API_USERNAME_FILE cannot be read: Error: ENOENT.*\/no\/such\/file/),
    ]);
  });

  test('tells all mistakes at once, and no secret', () => {
    const env = { PORT: 'x', API_USERNAME: 'hush:hush', API_PASSWORD: 'hush\n', LOG_LEVEL: 'x' };
    expect(mistakes(env)).toHaveLength(4);
    expect(mistakes(env).join('\n')).not.toContain('hush');
  });
});
