import { describe, expect, test } from '@jest/globals';
import { parseStudentList } from './response';

const parse = (members: string) => parseStudentList(`{"student_ages": {${members}}}`);

test('a list is read as pairs, each age as it was sent', () => {
  expect(parse('"Ahmed": "020", "Amine": 0, "Hiba": 150, "Omar": "150"')).toEqual([
    ['Ahmed', '020'],
    ['Amine', 0],
    ['Hiba', 150],
    ['Omar', '150'],
  ]);
  expect(parse('')).toEqual([]);
});

test('names like those of an object are names like all others, in the order of code points', () => {
  const names = ['🎓', 'ﬁ', 'é', 'constructor', '__proto__', '9', '10', ' '];
  const members = names.map((name) => `${JSON.stringify(name)}: 1`).join();
  const sorted = [' ', '10', '9', '__proto__', 'constructor', 'é', 'ﬁ', '🎓'];
  expect(parse(members).map(([name]) => name)).toEqual(sorted);
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
  ])('%s', (text, reason) => {
    expect(() => parseStudentList(text)).toThrow(
      expect.objectContaining({
        kind: 'nonsense',
        message: `the response is not a list: ${reason}`,
      }),
    );
  });

  const strings = ['""', '"1000"', '"151"', '"-1"', '" 1"', '"1\\n"', '"1.5"', '"٢٠"', '"x"'];
  const others = ['-1', '151', '1.5', '1e400', 'null', 'true', '[]', '{}', '["20"]'];
  test.each([...strings, ...others])('for the age %s', (age) => {
    expect(() => parse(`"a": 1, "b": ${age}`)).toThrow('the age of student 2 is not valid');
  });
});
