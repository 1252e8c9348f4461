import { describe, expect, test } from '@jest/globals';
import { readConfig } from './config';

// What both services read alike is tested with the API's configuration.

test('has a default for everything, and takes it from the environment', () => {
  const defaults = {
    PORT: 3000,
    HOST: '::',
    LOG_LEVEL: 'info',
    API_URL: 'http://localhost:5000',
    BASE_PATH: '',
  };
  expect(readConfig({})).toEqual({ ...defaults, API_USERNAME: 'root', API_PASSWORD: 'root' });
  const names = [...Object.keys(defaults), 'USERNAME', 'PASSWORD', 'API_USERNAME', 'API_PASSWORD'];
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}));
  expect(readConfig({ EDITOR_PASSWORD: 'x' })).toEqual(readConfig({}));
  const { API_URL } = readConfig({ API_URL: 'https://api.example/students//' });
  expect(API_URL).toBe('https://api.example/students');
});

describe('the credentials', () => {
  const credentials = (env: NodeJS.ProcessEnv) => {
    const { API_USERNAME, API_PASSWORD } = readConfig(env);
    return [API_USERNAME, API_PASSWORD];
  };

  test('come from the old variables only as a pair', () => {
    expect(credentials({ USERNAME: 'desktop' })).toEqual(['root', 'root']);
    expect(credentials({ PASSWORD: 'b' })).toEqual(['root', 'root']);
    expect(credentials({ USERNAME: 'a', PASSWORD: 'b' })).toEqual(['a', 'b']);
    expect(credentials({ USERNAME: 'a', PASSWORD: 'b', API_PASSWORD: '' })).toEqual(['a', 'b']);
    expect(() => credentials({ USERNAME: 'a', PASSWORD_FILE: '/no/such/file' })).toThrow('ENOENT');
  });

  test('come from the new variables when any of these is set', () => {
    const old = { USERNAME: 'a', PASSWORD: 'b' };
    expect(credentials({ ...old, API_USERNAME: 'c' })).toEqual(['c', 'root']);
    expect(() => credentials({ ...old, API_PASSWORD_FILE: '/no/such/file' })).toThrow('ENOENT');
  });
});

test.each([
  ['', ''],
  ['/', ''],
  ['/students-app', '/students-app'],
  ['/students-app/', '/students-app'],
  ['/a/b.c_d~1', '/a/b.c_d~1'],
  ['/healthy', '/healthy'],
])('the base path "%s" is "%s"', (path, expected) => {
  expect(readConfig({ BASE_PATH: path }).BASE_PATH).toBe(expected);
});

const url = 'API_URL must be an address like http://localhost:5000';
test.each<[NodeJS.ProcessEnv, string]>([
  [{ API_URL: 'localhost:5000' }, url],
  [{ API_URL: 'simple-api' }, url],
  [{ API_URL: 'ftp://simple-api' }, url],
  [{ API_URL: 'http://simple-api/?a=b' }, 'API_URL must not have a query or a fragment'],
  [{ API_URL: 'http://simple-api#a' }, 'API_URL must not have a query or a fragment'],
  [
    { API_URL: 'http://me:hidden@simple-api' },
    'API_URL must not have credentials; API_USERNAME and API_PASSWORD are for them',
  ],
  ...['students-app', '//evil.example', '/a//b', '/a?b', '/../a', '/é', '/a b'].map(
    (path): [NodeJS.ProcessEnv, string] => [
      { BASE_PATH: path },
      'BASE_PATH must be a path like /students-app',
    ],
  ),
  [{ BASE_PATH: '/health' }, 'BASE_PATH must not start with /health or /manage'],
  [{ BASE_PATH: '/manage' }, 'BASE_PATH must not start with /health or /manage'],
  [{ USERNAME: 'hid:den', PASSWORD: 'x' }, 'API_USERNAME must not have a colon (RFC 7617)'],
])('a mistake is named: %j', (env, mistake) => {
  expect(() => readConfig(env)).toThrow(expect.objectContaining({ mistakes: [mistake] }));
});
