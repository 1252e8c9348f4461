import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyEdits, modify } from 'jsonc-parser';
import { anyAge, anyStudents, toFile } from '../../test/any-students';
import type { Age } from '../students/student';
import { editLayout, parseLayout } from './layout';

type Ages = [name: string, age: Age | null][];

const parse = (bytes: Buffer) => parseLayout(bytes, bytes.toString().replace(/^\uFEFF/, ''));

/** Edits a text in steps. After each, the layout must be what parsing the new text leads to. */
async function edit(text: string, ...steps: Ages[]): Promise<string> {
  let layout = await parse(Buffer.from(text));
  for (const ages of steps) {
    const before = layout.bytes;
    const edited = await editLayout(layout, new Map(ages));
    expect(layout.bytes).toBe(before); // nothing has changed until it is committed
    layout = edited.commit();
    const again = await parse(layout.bytes);
    expect([...layout.entries]).toEqual([...again.entries]);
    if (again.entries.size > 0) expect(layout.start).toBe(again.start);
  }
  return layout.bytes.toString();
}

describe('nothing is changed but what is asked for', () => {
  const SHIPPED = '{\n  "Ahmed": "20",\n  "Sara": "23"\n}\n';
  const FAR = ' '.repeat(201);
  const none: Ages = [
    ['Ahmed', null],
    ['Sara', null],
  ];
  test.each<[string, string, Ages, string]>([
    ['an age', SHIPPED, [['Ahmed', '21']], '{\n  "Ahmed": "21",\n  "Sara": "23"\n}\n'],
    ['the first', SHIPPED, [['Ahmed', null]], '{\n  "Sara": "23"\n}\n'],
    ['the last', SHIPPED, [['Sara', null]], '{\n  "Ahmed": "20"\n}\n'],
    ['a new one', SHIPPED, [['Zoë', 7]], '{\n  "Ahmed": "20",\n  "Sara": "23",\n  "Zoë": 7\n}\n'],
    ['all', SHIPPED, none, '{}\n'],
    ['all, and a new one', SHIPPED, [...none, ['Z', 1]], '{\n  "Z": 1\n}\n'],
    [
      'none before',
      '{}',
      [
        ['A', 1],
        ['é', 2],
      ],
      '{\n  "A": 1,\n  "é": 2\n}\n',
    ],
    ['on one line', '{"a": 1, "b": 2}', [['c', 3]], '{"a": 1, "b": 2, "c": 3}'],
    ['one on one line', '{"a": 1}', [['b', 2]], '{"a": 1, "b": 2}'],
    ['one on a line of its own', '{\n\t"a": 1\n}', [['b', 2]], '{\n\t"a": 1,\n\t"b": 2\n}'],
    ['without spaces', '{"a":1,"b":2}', [['c', 3]], '{"a":1,"b":2,"c":3}'],
    [
      'Windows',
      '{\r\n "a" : 1,\r\n "b" : 2\r\n}',
      [['c', 3]],
      '{\r\n "a" : 1,\r\n "b" : 2,\r\n "c" : 3\r\n}',
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
    ['far apart', `{"a":${FAR}1,${FAR}"b":2}`, [['c', 3]], `{"a":${FAR}1,${FAR}"b":2, "c": 3}`],
    ['escapes', '{"\\u0041": "\\u0032", "b": 2}', [['b', 3]], '{"\\u0041": "\\u0032", "b": 3}'],
    ['a brace in a name', '{"}": 1}', [['{"', 2]], '{"}": 1, "{\\"": 2}'],
    [
      'a byte order mark',
      '\uFEFF {"é": 1}',
      [
        ['b', 2],
        ['é', 3],
      ],
      '\uFEFF {"é": 3, "b": 2}',
    ],
  ])('%s', async (_what, text, ages, expected) => {
    expect(await edit(text, ages)).toBe(expected);
  });
});

const white = fc.array(fc.constantFrom('', ' ', '\n', '\r\n  ', '\t'), { minLength: 3 });

test('any text stays what parsing it again leads to, however often it is edited', async () => {
  const name = fc.constantFrom('a', 'é', '10', '__proto__', '😀');
  const steps = fc.array(fc.array(fc.tuple(name, fc.option(anyAge)), { maxLength: 4 }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(anyStudents, white, steps, async (students, layout, edits) => {
      const text = toFile(students, layout);
      const wanted = new Map<string, Age>(students.map(({ name, age }) => [name, age]));
      for (const [name, age] of edits.flat()) {
        if (age === null) wanted.delete(name);
        else wanted.set(name, age);
      }
      const { entries } = await parse(Buffer.from(await edit(text, ...edits)));
      expect(new Map(Array.from(entries, ([name, { age }]) => [name, age]))).toEqual(wanted);
      if (students.length > 0) expect(await edit(text, [])).toBe(text);
    }),
  );
});

test('changed and removed it is like the text that jsonc-parser makes', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyStudents,
      white,
      fc.nat(),
      fc.constantFrom('7', null),
      async (students, layout, at, age) => {
        const student = students[at % (students.length || 1)];
        // With the first member, it removes the white space before it, so that the next has none.
        if (!student || (student === students[0] && age === null)) return;
        const text = toFile(students, layout);
        const expected = applyEdits(text, modify(text, [student.name], age ?? undefined, {}));
        expect(await edit(text, [[student.name, age]])).toBe(expected);
      },
    ),
  );
});
