import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { withEnvFile } from './env-file';

const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'env-file-'));

beforeAll(() => process.chdir(folder));
afterEach(() => rmSync('.env', { recursive: true, force: true }));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

function load(line: string, env: NodeJS.ProcessEnv = {}): string | undefined {
  writeFileSync('.env', `API_USERNAME='reader'\n${line}\nOTHER="a$b"\n`);
  return withEnvFile(env)['API_PASSWORD'];
}

// Docker Compose reads each of these alike, seen with version 2.26.
describe('a password that all programs read alike is taken', () => {
  test.each([
    ["API_PASSWORD='pa$word1'", 'pa$word1'],
    ["API_PASSWORD='a\"b`c#d e\\f '", 'a"b`c#d e\\f '],
    ["API_PASSWORD='plain' # why", 'plain'],
    ['API_PASSWORD="it\'s # plain"', "it's # plain"],
    ['export API_PASSWORD = plain # why', 'plain'],
    ['API_PASSWORD=é😀!%&/()=:b', 'é😀!%&/()=:b'],
    ['API_PASSWORD=', ''],
    ['#API_PASSWORD="a$b"', undefined],
  ])('%s', (line, expected) => {
    expect(load(line)).toBe(expected);
  });
});

describe('one that means something else to Docker Compose is a mistake', () => {
  test.each([
    'API_PASSWORD="pa$word1"',
    'API_PASSWORD="a\\"b"',
    "API_PASSWORD='a\\'b'",
    "API_PASSWORD='a\\'",
    'API_PASSWORD=pa$word1',
    'API_PASSWORD: "pa$word1"',
    'API_PASSWORD=a#b',
    'API_PASSWORD=a\\b',
    'API_PASSWORD=`ab`',
    "export  API_PASSWORD = 'a\nb'",
    'EDITOR_PASSWORD=a#b',
    'DATABASE_PASSWORD=a#b',
  ])('%s', (line) => {
    expect(() => load(line)).toThrow(
      /^(API|EDITOR|DATABASE)_PASSWORD in \.env means different things/,
    );
  });
});

test('what is set already stays, but not what is empty; without a file nothing happens', () => {
  expect(load("API_PASSWORD='other'", { API_PASSWORD: 'set' })).toBe('set');
  expect(load("API_PASSWORD='other'", { API_PASSWORD: '' })).toBe('other');
  rmSync('.env');
  expect(withEnvFile({ API_PASSWORD: 'set' })).toEqual({ API_PASSWORD: 'set' });
});

const LINE = "API_PASSWORD='gehe\u00EFm'\r\n"; // as Windows ends it

test('a byte order mark is no part of the first name', () => {
  writeFileSync('.env', `\uFEFF${LINE}`);
  expect(withEnvFile({})).toEqual({ API_PASSWORD: 'gehe\u00EFm' });
});

test.each([
  ['UTF-16 with a mark', Buffer.from(`\uFEFF${LINE}`, 'utf16le')],
  ['UTF-16', Buffer.from("API_PASSWORD='plain'", 'utf16le')],
  ['Latin-1', Buffer.from(LINE, 'latin1')],
])('a file in %s is a mistake', (_encoding, bytes) => {
  writeFileSync('.env', bytes);
  expect(() => withEnvFile({})).toThrow('.env is not UTF-8; save it as UTF-8');
});

test('a file that cannot be read is a mistake', () => {
  mkdirSync('.env');
  expect(() => withEnvFile({})).toThrow(/^\.env cannot be read: Error: EISDIR/);
});
