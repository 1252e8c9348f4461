import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCredentialsCheck } from './credentials';

const encode = (text: string | Buffer) => Buffer.from(text).toString('base64');
const basic = (text: string | Buffer) => `Basic ${encode(text)}`;

describe('the credentials check', () => {
  const check = createCredentialsCheck({ API_USERNAME: 'root', API_PASSWORD: 'pass:word' });

  test.each([
    ['as it is usually written', basic('root:pass:word')],
    ['the scheme in another case', `bAsIc ${encode('root:pass:word')}`],
    ['several spaces', `Basic   ${encode('root:pass:word')}`],
  ])('accepts the right ones, %s', (_how, header) => {
    expect(check(header)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['no credentials', 'Basic '],
    ['empty name and password', basic(':')],
    ['the name with an empty password', basic('root:')],
    ['another name', basic('toor:pass:word')],
    ['another password', basic('root:pass:wort')],
    ['the start of the password', basic('root:pass:wor')],
    ['a longer password', basic('root:pass:word1')],
    ['the name in another case', basic('Root:pass:word')],
    ['a NUL behind the password', basic('root:pass:word\0')],
    ['a NUL behind the header', `${basic('root:pass:word')}\0`],
    ['bytes that are not UTF-8', basic(Buffer.from([0x72, 0xff, 0x3a, 0xfe]))],
    ['no base64', 'Basic root:pass:word'],
    ['a character whose last byte is the right one', basic('root:pass:word').replace('cm9', 'ţm9')],
    ['base64 cut off', basic('root:pass:word').slice(0, -4)],
    ['another scheme', `Bearer ${encode('root:pass:word')}`],
    ['the scheme glued on', `Basic${encode('root:pass:word')}`],
    ['two headers joined', `${basic('root:pass:word')}, ${basic('root:pass:word')}`],
    ['16 KB', basic('a'.repeat(16 * 1024))],
  ])('refuses %s', (_what, header) => {
    expect(check(header)).toBe(false);
  });

  test('takes names and passwords in UTF-8', () => {
    const utf8 = createCredentialsCheck({ API_USERNAME: 'zoë', API_PASSWORD: '密码😀' });
    expect(utf8(basic('zoë:密码😀'))).toBe(true);
    expect(utf8(basic(Buffer.from('zoë:密码😀', 'latin1')))).toBe(false);
  });

  test('accepts the configured pair and no other, whatever they are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const name = text.filter((s) => !s.includes(':'));
    fc.assert(
      fc.property(name, text, name, text, (username, password, otherName, otherPassword) => {
        const isRight = createCredentialsCheck({ API_USERNAME: username, API_PASSWORD: password });
        expect(isRight(basic(`${username}:${password}`))).toBe(true);
        expect(isRight(basic(`${otherName}:${otherPassword}`))).toBe(
          otherName === username && otherPassword === password,
        );
      }),
    );
  });
});
