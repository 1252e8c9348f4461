import { expect, test } from '@jest/globals';
import { readConfig } from './config';

// What both services read alike is tested with the API's configuration.

test('has a default for everything, and takes it from the environment', () => {
  const own = { PORT: 3000, HOST: '::', API_URL: 'http://localhost:5000', BASE_PATH: '' };
  const defaults = { ...own, LOG_LEVEL: 'info', API_USERNAME: 'root', API_PASSWORD: 'root' };
  expect(readConfig({ EDITOR_PASSWORD: 'x' })).toEqual(defaults);
  const names = [...Object.keys(defaults), 'USERNAME', 'PASSWORD'];
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(defaults);
  const { API_URL } = readConfig({ API_URL: 'https://api.example/students//' });
  expect(API_URL).toBe('https://api.example/students');
});

const OLD = { USERNAME: 'a', PASSWORD: 'b' };
test.each<[NodeJS.ProcessEnv, string[]]>([
  [{ USERNAME: 'desktop' }, ['root', 'root']],
  [{ PASSWORD: 'b' }, ['root', 'root']],
  [OLD, ['a', 'b']],
  [{ ...OLD, API_PASSWORD: '' }, ['a', 'b']],
  [{ ...OLD, API_USERNAME: 'c' }, ['c', 'root']],
])('the old names count as a pair, and only without the new ones: %j', (env, expected) => {
  const { API_USERNAME, API_PASSWORD } = readConfig(env);
  expect([API_USERNAME, API_PASSWORD]).toEqual(expected);
});

test.each([
  { USERNAME: 'a', PASSWORD_FILE: '/no/such/file' },
  { ...OLD, API_PASSWORD_FILE: '/no/such/file' },
])('they may be in files: %j', (env) => expect(() => readConfig(env)).toThrow('ENOENT'));

test.each([
  ['/', ''],
  ['/students-app/', '/students-app'],
  ['/a/b.c_d~1', '/a/b.c_d~1'],
  ['/healthy', '/healthy'],
])('the base path "%s" is "%s"', (path, expected) => {
  expect(readConfig({ BASE_PATH: path }).BASE_PATH).toBe(expected);
});

const CREDENTIALS = 'must not have credentials; API_USERNAME and API_PASSWORD are for them';
test.each([
  ['USERNAME', ['hid:den'], 'API_USERNAME must not have a colon (RFC 7617)'],
  [
    'API_URL',
    ['localhost:5000', 'api', 'ftp://api'],
    'must be an address like http://localhost:5000',
  ],
  ['API_URL', ['http://api/?a=b', 'http://api#a'], 'must not have a query or a fragment'],
  ['API_URL', ['http://me:hidden@api'], CREDENTIALS],
  [
    'BASE_PATH',
    ['app', '//evil.example', '/a//b', '/a?b', '/../a', '/é', '/a b'],
    'like /students-app',
  ],
  ['BASE_PATH', ['/health', '/manage', '/manage/a'], 'must not start with /health or /manage'],
])('a mistake in %s is named: %j', (name, values, mistake) => {
  for (const value of values) {
    const mistakes = [expect.stringMatching(`^(API_USERNAME|${name}) .*`)];
    const read = () => readConfig({ PASSWORD: 'x', [name]: value });
    expect(read).toThrow(expect.objectContaining({ mistakes }));
    expect(read).toThrow(mistake);
  }
});
