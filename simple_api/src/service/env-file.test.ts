import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { loadEnvFile } from './env-file';

const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'env-file-'));
const names = ['API_USERNAME', 'API_PASSWORD', 'EDITOR_PASSWORD', 'OTHER'];

beforeAll(() => process.chdir(folder));
afterEach(() => {
  rmSync('.env', { force: true });
  for (const name of names) delete process.env[name];
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

function load(line: string): string | undefined {
  writeFileSync('.env', `API_USERNAME='reader'\n${line}\nOTHER="a$b"\n`);
  loadEnvFile();
  return process.env['API_PASSWORD'];
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
  ])('%s', (line) => {
    expect(() => load(line)).toThrow(/^(API|EDITOR)_PASSWORD in \.env means different things/);
  });
});

test('what is set already stays, and without a file nothing happens', () => {
  process.env['API_PASSWORD'] = 'set';
  expect(load("API_PASSWORD='other'")).toBe('set');
  rmSync('.env');
  expect(loadEnvFile).not.toThrow();
});
