import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config';

let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'website-config-'));
  await writeFile(file('name'), 'from-a-file\n');
  await writeFile(file('password'), 'pass:word\r\n');
});
afterAll(() => rm(folder, { recursive: true }));

function mistakes(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes;
  }
}

test('has a default for everything', () => {
  expect(readConfig({})).toEqual({
    port: 3000,
    host: '0.0.0.0',
    apiUrl: 'http://localhost:5000',
    credentials: { username: 'root', password: 'root' },
    logLevel: 'info',
  });
});

test('takes everything from the environment', () => {
  const env = {
    PORT: '0',
    HOST: '::1',
    API_URL: 'https://api.example/students/',
    API_USERNAME: 'reader',
    API_PASSWORD: 'a:b',
    LOG_LEVEL: 'debug',
  };
  expect(readConfig(env)).toEqual({
    port: 0,
    host: '::1',
    apiUrl: 'https://api.example/students',
    credentials: { username: 'reader', password: 'a:b' },
    logLevel: 'debug',
  });
});

describe('the credentials', () => {
  const credentials = (env: NodeJS.ProcessEnv) => Object.values(readConfig(env).credentials);

  test('are root for what is missing', () => {
    expect(credentials({ API_USERNAME: 'a' })).toEqual(['a', 'root']);
    expect(credentials({ API_PASSWORD: 'b' })).toEqual(['root', 'b']);
  });

  test('come from the old variables only as a pair', () => {
    expect(credentials({ USERNAME: 'desktop' })).toEqual(['root', 'root']);
    expect(credentials({ PASSWORD: 'b' })).toEqual(['root', 'root']);
    expect(credentials({ USERNAME: 'a', PASSWORD: 'b' })).toEqual(['a', 'b']);
  });

  test('come from the new variables when any of these is set', () => {
    const old = { USERNAME: 'a', PASSWORD: 'b' };
    expect(credentials({ ...old, API_USERNAME: 'c' })).toEqual(['c', 'root']);
    expect(credentials({ ...old, API_PASSWORD_FILE: file('password') })).toEqual([
      'root',
      'pass:word',
    ]);
  });

  test('come from files, without the newline at the end', () => {
    const files = { API_USERNAME_FILE: file('name'), API_PASSWORD_FILE: file('password') };
    expect(credentials(files)).toEqual(['from-a-file', 'pass:word']);
    expect(credentials({ USERNAME: 'a', PASSWORD_FILE: file('password') })).toEqual([
      'a',
      'pass:word',
    ]);
  });
});

describe('a mistake is named', () => {
  const url = 'API_URL must be an address like http://localhost:5000';
  test.each<[NodeJS.ProcessEnv, string]>([
    [{ PORT: '70000' }, 'PORT must be a number from 0 to 65535'],
    [{ PORT: '' }, 'PORT must be a number from 0 to 65535'],
    [{ PORT: '80a' }, 'PORT must be a number from 0 to 65535'],
    [{ HOST: '' }, 'HOST must not be empty'],
    [{ API_URL: '' }, url],
    [{ API_URL: 'localhost:5000' }, url],
    [{ API_URL: 'simple-api' }, url],
    [{ API_URL: 'ftp://simple-api' }, url],
    [{ API_URL: 'http://simple-api/?a=b' }, 'API_URL must not have a query or a fragment'],
    [{ API_URL: 'http://simple-api/?' }, 'API_URL must not have a query or a fragment'],
    [{ API_URL: 'http://simple-api#a' }, 'API_URL must not have a query or a fragment'],
    [
      { API_URL: 'http://me:hidden@simple-api' },
      'API_URL must not have credentials; API_USERNAME and API_PASSWORD are for them',
    ],
    [{ API_USERNAME: '' }, 'API_USERNAME must not be empty'],
    [{ API_PASSWORD: '' }, 'API_PASSWORD must not be empty'],
    [{ API_USERNAME: 'hid:den' }, 'API_USERNAME must not have a colon (RFC 7617)'],
    [{ API_PASSWORD: 'hidden\u0007' }, 'API_PASSWORD must not have control characters'],
    [{ USERNAME: 'hid:den', PASSWORD: 'x' }, 'USERNAME must not have a colon (RFC 7617)'],
    [{ USERNAME: 'x', PASSWORD: 'hidden\n' }, 'PASSWORD must not have control characters'],
    [
      { API_PASSWORD: 'hidden', API_PASSWORD_FILE: '/x' },
      'API_PASSWORD and API_PASSWORD_FILE are both set',
    ],
    [
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace',
    ],
  ])('%j', (env, mistake) => {
    expect(mistakes(env)).toEqual([mistake]);
  });
});

test('a file that cannot be read is named', () => {
  const [mistake] = mistakes({ API_USERNAME_FILE: '/no/such/file' });
  // Within jest, an error of node:fs is no instance of its Error, and so printed in full.
  expect(mistake).toMatch(/^API_USERNAME_FILE: \/no\/such\/file cannot be read: .*ENOENT/);
});

test('all mistakes are named at once, without a secret', () => {
  const found = mistakes({
    PORT: 'x',
    API_URL: 'http://me:hidden@api',
    API_USERNAME: 'hid:den',
    API_PASSWORD: 'hidden\u0000',
    LOG_LEVEL: 'x',
  });
  expect(found.map((mistake) => mistake.split(' ')[0])).toEqual([
    'PORT',
    'API_URL',
    'API_USERNAME',
    'API_PASSWORD',
    'LOG_LEVEL',
  ]);
  expect(found.join()).not.toMatch(/hid:?den/);
});
