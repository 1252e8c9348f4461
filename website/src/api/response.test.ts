import { describe, expect, test } from '@jest/globals';
import { MAX_PART_LENGTH, parseStudentList } from './response';

const parseText = (text: string) => parseStudentList([Buffer.from(text)]);
const parse = (members: string) => parseText(`{"student_ages": {${members}}}`);

test('a list is read as pairs, each age as it was sent', async () => {
  expect(await parse('"Ahmed": "020", "Amine": 0, "Hiba": 150, "Omar": "150"')).toEqual([
    ['Ahmed', '020'],
    ['Amine', 0],
    ['Hiba', 150],
    ['Omar', '150'],
  ]);
  expect(await parse('')).toEqual([]);
});

test('names like those of an object are names like all others, in the order of code points', async () => {
  const names = ['🎓', 'ﬁ', 'é', 'constructor', '__proto__', '9', '10', ' '];
  const members = names.map((name) => `${JSON.stringify(name)}: 1`).join();
  const sorted = [' ', '10', '9', '__proto__', 'constructor', 'é', 'ﬁ', '🎓'];
  expect((await parse(members)).map(([name]) => name)).toEqual(sorted);
});

describe('a response that is not a list is refused', () => {
  const noList = 'it has no object "student_ages"';
  test.each([
    ['', 'it is not JSON'],
    ['<!doctype html>', 'it is not JSON'],
    ['{"student_ages": {"Ahmed": "20"', 'it is not JSON'],
    ['null', noList],
    ['[]', noList],
    ['{}', noList],
    ['{"student_ages": null}', noList],
    ['{"student_ages": [["Ahmed", "20"]]}', noList],
    ['{"student_ages": "Ahmed"}', noList],
    ['{"student_ages": {"Ahmed": "20", "": "20"}}', 'the name of student 2 is empty'],
  ])('%s', async (text, reason) => {
    await expect(parseText(text)).rejects.toThrow(
      expect.objectContaining({
        kind: 'nonsense',
        message: `the response is not a list: ${reason}`,
      }),
    );
  });

  const strings = ['""', '"1000"', '"151"', '"-1"', '" 1"', '"1\\n"', '"1.5"', '"٢٠"', '"x"'];
  const others = ['-1', '151', '1.5', '1e400', 'null', 'true', '[]', '{}', '["20"]'];
  test.each([...strings, ...others])('for the age %s', async (age) => {
    await expect(parse(`"a": 1, "b": ${age}`)).rejects.toThrow('the age of student 2 is not valid');
  });
});

describe('of a long response', () => {
  const NAMES = Array.from({ length: 30_000 }, (_, i) => `é,\n" ${String(i).padStart(5, '0')}`);
  const list = Object.fromEntries(NAMES.map((name) => [name, 20]));
  /** In pieces that end anywhere, also within a character. */
  function* inPieces(text: string) {
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i += 9_973) yield bytes.subarray(i, i + 9_973);
  }

  test.each([
    ['as the API writes it', 2],
    ['without white space', undefined],
    ['in another layout', 3],
  ])('%s, all students are read', async (_layout, indent) => {
    const text = `${JSON.stringify({ student_ages: list }, undefined, indent)}\n`;
    expect(await parseStudentList(inPieces(text))).toEqual(NAMES.map((name) => [name, 20]));
  });

  test('the student that is not valid is counted from the start', async () => {
    const text = JSON.stringify({ student_ages: { ...list, last: -1 } }, undefined, 2);
    await expect(parseStudentList(inPieces(text))).rejects.toThrow('the age of student 30001 is');
  });

  test.each([
    ['is too long for its layout', `{"student_ages":[${'{},'.repeat(MAX_PART_LENGTH / 3)}`],
    [
      'has more than 200000 students',
      JSON.stringify(
        { student_ages: Object.fromEntries(Array.from({ length: 200_001 }, (_, i) => [i, 1])) },
        undefined,
        2,
      ),
    ],
  ])('one that %s is refused, before it fills the memory', async (reason, text) => {
    await expect(parseStudentList(inPieces(text))).rejects.toThrow(reason);
  });
});
