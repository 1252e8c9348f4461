import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCredentialsCheck } from '../src/basic-auth';

const encode = (text: string | Buffer) => Buffer.from(text).toString('base64');
const basic = (text: string | Buffer) => `Basic ${encode(text)}`;

describe('the credentials check', () => {
  const check = createCredentialsCheck({ username: 'root', password: 'pass:word' });

  test.each([
    ['as it is usually written', basic('root:pass:word')],
    ['the scheme in another case', `bAsIc ${encode('root:pass:word')}`],
    ['several spaces', `Basic   ${encode('root:pass:word')}`],
  ])('accepts the right ones, %s', (_how, header) => {
    expect(check(header)).toBe(true);
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['no credentials', 'Basic'],
    ['empty credentials', 'Basic '],
    ['empty name and password', basic(':')],
    ['the name alone', basic('root')],
    ['the name with an empty password', basic('root:')],
    ['another name', basic('toor:pass:word')],
    ['another password', basic('root:password')],
    ['the start of the password', basic('root:pass:wor')],
    ['a longer password', basic('root:pass:word1')],
    ['both swapped', basic('pass:word:root')],
    ['the name in another case', basic('Root:pass:word')],
    ['a newline behind', basic('root:pass:word\n')],
    ['a NUL behind', basic('root:pass:word\0')],
    ['bytes that are not UTF-8', basic(Buffer.from([0x72, 0xff, 0x3a, 0xfe]))],
    ['no base64', 'Basic root:pass:word'],
    ['base64 cut off', basic('root:pass:word').slice(0, -4)],
    ['another scheme', `Bearer ${encode('root:pass:word')}`],
    ['the scheme glued on', `Basic${encode('root:pass:word')}`],
    ['two headers joined', `${basic('root:pass:word')}, ${basic('root:pass:word')}`],
    ['16 KB', basic('a'.repeat(16 * 1024))],
  ])('refuses %s', (_what, header) => {
    expect(check(header)).toBe(false);
  });

  test('takes names and passwords in UTF-8', () => {
    const utf8 = createCredentialsCheck({ username: 'zoë', password: '密码😀' });
    expect(utf8(basic('zoë:密码😀'))).toBe(true);
    expect(utf8(basic(Buffer.from('zoë:密码😀', 'latin1')))).toBe(false);
  });

  test('accepts the configured pair and no other, whatever they are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !/\p{Cc}/u.test(s));
    const name = text.filter((s) => !s.includes(':'));
    fc.assert(
      fc.property(name, text, name, text, (username, password, otherName, otherPassword) => {
        const isRight = createCredentialsCheck({ username, password });
        expect(isRight(basic(`${username}:${password}`))).toBe(true);
        expect(isRight(basic(`${otherName}:${otherPassword}`))).toBe(
          otherName === username && otherPassword === password,
        );
      }),
    );
  });
});
