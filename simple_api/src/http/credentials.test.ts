import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AccountOf, createAccountOf, whyNoEditor } from './credentials';

const encode = (text: string | Buffer) => Buffer.from(text).toString('base64');
const basic = (text: string | Buffer) => `Basic ${encode(text)}`;

const READER = { API_USERNAME: 'root', API_PASSWORD: 'pass:word' };
const EDITOR = { EDITOR_USERNAME: 'zoë', EDITOR_PASSWORD: 'Grüße-2026' };
const NO_EDITOR = { ...READER, EDITOR_USERNAME: 'zoë' };
const ACCOUNTS = { ...READER, ...EDITOR };

let accountOf: AccountOf;
beforeEach(() => {
  accountOf = createAccountOf(ACCOUNTS);
});

test.each([
  ['a reader', 'reader', basic('root:pass:word')],
  ['an editor', 'editor', basic('zoë:Grüße-2026')],
  ['an editor in Latin-1', 'editor', basic(Buffer.from('zoë:Grüße-2026', 'latin1'))],
  ['the scheme in another case', 'reader', `bAsIc ${encode('root:pass:word')}`],
  ['several spaces', 'reader', `  Basic   ${encode('root:pass:word')} `],
  ['several spaces before Latin-1', 'editor', ` basic  em/rOkdy/N9lLTIwMjY= `],
])('%s is known, again and again', (_who, account, header) => {
  for (let times = 0; times < 3; times++) expect(accountOf(header)).toBe(account);
});

describe.each([
  ['at first', () => undefined],
  [
    'when right ones came before',
    () => {
      accountOf(basic('root:pass:word'));
      accountOf(basic('zoë:Grüße-2026'));
    },
  ],
])('nobody is let in, %s,', (_when, before) => {
  test.each([
    ['without a header', undefined],
    ['with nothing', ''],
    ['with no credentials', 'Basic '],
    ['with empty name and password', basic(':')],
    ['with an empty password', basic('root:')],
    ['with another name', basic('toor:pass:word')],
    ['with another password', basic('root:pass:wort')],
    ['with the name of one and the password of the other', basic('root:Grüße-2026')],
    ['with the start of the password', basic('root:pass:wor')],
    ['with a longer password', basic('root:pass:word1')],
    ['with the name in another case', basic('Root:pass:word')],
    ['with a NUL behind the password', basic('root:pass:word\0')],
    ['with a NUL behind the header', `${basic('root:pass:word')}\0`],
    ['with neither UTF-8 nor Latin-1 of it', basic(Buffer.from([0x72, 0xff, 0x3a, 0xfe]))],
    ['with no base64', 'Basic root:pass:word'],
    ['with a character whose last byte is right', basic('root:pass:word').replace('cm9', 'ţm9')],
    ['with a character at the end', basic('zoë:Grüße-2026').replace(/.$/, 'é')],
    ['with base64 cut off', basic('root:pass:word').slice(0, -4)],
    ['with another scheme', `Bearer ${encode('root:pass:word')}`],
    ['with the scheme glued on', `Basic${encode('root:pass:word')}`],
    ['with two headers joined', `${basic('root:pass:word')}, ${basic('root:pass:word')}`],
    ['with two in Latin-1', Array(2).fill('Basic em/rOkdy/N9lLTIwMjY=').join(', ')],
    ['with 16 KB', basic('a'.repeat(16 * 1024))],
  ])('%s', (_what, header) => {
    before();
    expect(accountOf(header)).toBeUndefined();
  });
});

test('the configured pairs are right and no others, whatever they are', () => {
  // Without what the configuration refuses.
  const password = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((it) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(it));
  const name = password.filter((it) => !it.includes(':'));
  const pair = fc.tuple(name, password);
  fc.assert(
    fc.property(pair, pair, pair, (reader, editor, other) => {
      const [API_USERNAME, API_PASSWORD] = reader;
      const [EDITOR_USERNAME, EDITOR_PASSWORD] = editor;
      const accounts = { API_USERNAME, API_PASSWORD, EDITOR_USERNAME, EDITOR_PASSWORD };
      const find = createAccountOf(accounts);
      const headers = [reader, editor, other].map((it) => basic(it.join(':')));
      const same = (a: string[], b: string[]) => a.join(':') === b.join(':');
      const whose = [reader, editor, other].map((it) => {
        if (same(it, editor) && API_PASSWORD !== EDITOR_PASSWORD) return 'editor';
        return same(it, reader) || same(it, editor) ? 'reader' : undefined;
      });
      for (let times = 0; times < 2; times++) expect(headers.map(find)).toEqual(whose);
    }),
  );
});

test.each([
  [ACCOUNTS, undefined],
  [NO_EDITOR, /^nobody has .* set EDITOR_USERNAME and EDITOR_PASSWORD to/],
  [{ ...NO_EDITOR, EDITOR_PASSWORD: '' }, /^nobody has/],
  [{ ...ACCOUNTS, EDITOR_PASSWORD: 'pass:word' }, /^EDITOR_PASSWORD is .* set EDITOR_USERNAME/],
])('of %j nobody is an editor: %s', (accounts, reason) => {
  const why = whyNoEditor(accounts);
  if (reason) expect(why).toMatch(reason);
  else expect(why).toBeUndefined();
  const find = createAccountOf(accounts);
  const headers = ['root:pass:word', 'zoë:pass:word', 'zoë:', 'zoë:undefined'].map(basic);
  for (const header of headers) expect(find(header)).not.toBe('editor');
});
