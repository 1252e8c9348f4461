import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyEdits, modify } from 'jsonc-parser';
import { anyList } from '../../test/any-list';
import { decodeUtf8 } from './file';
import { type Age, parseStudentList, readMembers, type StudentList } from './list';
import { rewrite } from './rewrite';

const edit = (text: string, ...changes: [string, Age | null][]) => {
  const bytes = Buffer.from(text);
  const read = decodeUtf8(bytes);
  const members = new Map(Array.from(readMembers(read), (member) => [member.name, member]));
  const ages = new Map(Array.from(members, ([name, { age }]) => [name, age]));
  for (const [name, age] of changes) age === null ? ages.delete(name) : ages.set(name, age);
  return Buffer.concat(rewrite(bytes, read, members, ages)).toString();
};

describe('of a text, nothing is changed but what is asked for', () => {
  const SHIPPED = '{\n  "Ahmed": "20",\n  "Sara": "23"\n}\n';
  test.each<[string, string, [string, string | number | null][], string]>([
    ['an age', SHIPPED, [['Ahmed', '21']], '{\n  "Ahmed": "21",\n  "Sara": "23"\n}\n'],
    ['the first', SHIPPED, [['Ahmed', null]], '{\n  "Sara": "23"\n}\n'],
    ['the last', SHIPPED, [['Sara', null]], '{\n  "Ahmed": "20"\n}\n'],
    ['a new one', SHIPPED, [['Zoë', 7]], '{\n  "Ahmed": "20",\n  "Sara": "23",\n  "Zoë": 7\n}\n'],
    [
      'all',
      SHIPPED,
      [
        ['Ahmed', null],
        ['Sara', null],
      ],
      '{}\n',
    ],
    [
      'all, and a new one',
      SHIPPED,
      [
        ['Ahmed', null],
        ['Sara', null],
        ['Z', 1],
      ],
      '{\n  "Z": 1\n}\n',
    ],
    [
      'removed and added',
      SHIPPED,
      [
        ['Ahmed', null],
        ['Ahmed', 1],
      ],
      '{\n  "Ahmed": 1,\n  "Sara": "23"\n}\n',
    ],
    [
      'none before',
      '{}',
      [
        ['Ahmed', 1],
        ['Sara', 2],
      ],
      '{\n  "Ahmed": 1,\n  "Sara": 2\n}\n',
    ],
    ['on one line', '{"a": 1, "b": 2}', [['c', 3]], '{"a": 1, "b": 2, "c": 3}'],
    ['one on one line', '{"a": 1}', [['b', 2]], '{"a": 1, "b": 2}'],
    ['one on a line of its own', '{\n\t"a": 1\n}', [['b', 2]], '{\n\t"a": 1,\n\t"b": 2\n}'],
    ['without spaces', '{"a":1,"b":2}', [['c', 3]], '{"a":1,"b":2,"c":3}'],
    [
      'Windows',
      '{\r\n  "a" : 1,\r\n  "b" : 2\r\n}',
      [['c', 3]],
      '{\r\n  "a" : 1,\r\n  "b" : 2,\r\n  "c" : 3\r\n}',
    ],
    [
      'commas first',
      '{ "a": 1\n, "b": 2\n}',
      [
        ['c', 3],
        ['a', null],
      ],
      '{ "b": 2\n, "c": 3\n}',
    ],
    ['escapes', '{"\\u0041": "\\u0032", "b": 2}', [['b', 3]], '{"\\u0041": "\\u0032", "b": 3}'],
    ['a brace in a name', '{"}": 1}', [['{"', 2]], '{"}": 1, "{\\"": 2}'],
  ])('%s', (_what, text, ages, expected) => {
    expect(edit(text, ...ages)).toBe(expected);
  });
});

const spaced = fc.tuple(
  anyList,
  fc.array(fc.constantFrom('', ' ', '\n', '\r\n  ', '\t'), { minLength: 4, maxLength: 4 }),
);
const write = ([list, [a = '', b = '', c = '', d = '']]: [StudentList, string[]]) =>
  `${a}{${list.map(([name, age]) => `${b}${JSON.stringify(name)}${c}:${d}${JSON.stringify(age)}${a}`)}${c}}${d}`;

test('any text stays as it is when nothing is asked for, and when something is undone', () => {
  fc.assert(
    fc.property(spaced, fc.nat(), (given, at) => {
      const [list] = given;
      const text = write(given);
      const [name, age] = list[at % (list.length || 1)] ?? ['new', null];
      if (list.length > 0) expect(edit(text)).toBe(text);
      expect(parseStudentList(edit(text, [name, 1], [name, age]))).toEqual(list);
    }),
  );
});

test('changed and removed it is like the text that jsonc-parser makes', () => {
  fc.assert(
    fc.property(spaced, fc.nat(), fc.constantFrom('7', null), (given, at, age) => {
      const [list] = given;
      const [name] = list[at % (list.length || 1)] ?? [];
      // With the first member, it removes the white space before it, so that the next has none.
      if (name === undefined || (name === list[0]?.[0] && age === null)) return;
      const text = write(given);
      const expected = applyEdits(text, modify(text, [name], age ?? undefined, {}));
      expect(edit(text, [name, age])).toBe(expected);
    }),
  );
});
