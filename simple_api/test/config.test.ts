import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(content: string): string {
  const file = join(folder, 'secret');
  writeFileSync(file, content);
  return file;
}

function mistakes(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      port: 5000,
      host: '127.0.0.1',
      studentAgeFile: join(__dirname, '../data/student_age.json'),
      credentials: { username: 'root', password: 'root' },
      logLevel: 'info',
    });
  });

  test('takes every variable', () => {
    expect(
      readConfig({
        PORT: '0',
        HOST: '::1',
        STUDENT_AGE_FILE: '/data/list.json',
        API_USERNAME: 'zoë',
        API_PASSWORD: 'a:b c#d',
        LOG_LEVEL: 'debug',
      }),
    ).toEqual({
      port: 0,
      host: '::1',
      studentAgeFile: '/data/list.json',
      credentials: { username: 'zoë', password: 'a:b c#d' },
      logLevel: 'debug',
    });
  });

  test.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret', 'secret'],
    [' secret ', ' secret '],
  ])('takes the secret from a file with %j', (content, expected) => {
    const { credentials } = readConfig({ API_PASSWORD_FILE: secretFile(content) });
    expect(credentials).toEqual({ username: 'root', password: expected });
  });

  test('drops one newline only: the other is a control character', () => {
    expect(mistakes({ API_PASSWORD_FILE: secretFile('secret\n\n') })).toEqual([
      'API_PASSWORD must not have control characters',
    ]);
  });

  const PORT = 'PORT must be a number from 0 to 65535';
  test.each<[NodeJS.ProcessEnv, string]>([
    [{ PORT: '' }, PORT],
    [{ PORT: 'http' }, PORT],
    [{ PORT: '-1' }, PORT],
    [{ PORT: '80.5' }, PORT],
    [{ PORT: '1e3' }, PORT],
    [{ PORT: '65536' }, PORT],
    [{ PORT: ' 80' }, PORT],
    [{ HOST: '' }, 'HOST must not be empty'],
    [{ STUDENT_AGE_FILE: '' }, 'STUDENT_AGE_FILE must not be empty'],
    [{ API_USERNAME: '' }, 'API_USERNAME must not be empty'],
    [{ API_USERNAME: 'a:b' }, 'API_USERNAME must not have a colon (RFC 7617)'],
    [{ API_USERNAME: 'a\u0000b' }, 'API_USERNAME must not have control characters'],
    [{ API_PASSWORD: '' }, 'API_PASSWORD must not be empty'],
    [{ API_PASSWORD: 'a\tb' }, 'API_PASSWORD must not have control characters'],
    [
      { API_PASSWORD: 'a', API_PASSWORD_FILE: '/b' },
      'API_PASSWORD and API_PASSWORD_FILE are both set',
    ],
    [
      { API_USERNAME_FILE: '/no/such/file' },
      'API_USERNAME_FILE: /no/such/file cannot be read: ENOENT',
    ],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace',
    ],
    [
      { LOG_LEVEL: 'INFO' },
      'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace',
    ],
  ])('refuses %j', (env, mistake) => {
    expect(mistakes(env)).toEqual([mistake]);
  });

  test('tells all mistakes at once, and no secret', () => {
    const all = mistakes({
      PORT: 'x',
      API_USERNAME: 'hush:hush',
      API_PASSWORD: 'hush\n',
      LOG_LEVEL: '',
    });
    expect(all).toHaveLength(4);
    expect(all.join('\n')).not.toContain('hush');
  });
});
