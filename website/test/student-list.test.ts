import { describe, expect, test } from '@jest/globals';
import { parseStudentList, StudentListError } from '../src/student-list';

const parse = (members: string) => parseStudentList(`{"student_ages": {${members}}}`);

test('a list is read as pairs, each age as it was sent', () => {
  expect(parse('"Ahmed": "20", "Amine": 21, "Hiba": "007"')).toEqual([
    ['Ahmed', '20'],
    ['Amine', 21],
    ['Hiba', '007'],
  ]);
});

test('a list may be empty', () => {
  expect(parse('')).toEqual([]);
});

test('names like those of an object are names like all others, in the order of code points', () => {
  const names = ['🎓', 'ﬁ', 'é', 'constructor', '__proto__', '9', '10', ' '];
  const members = names.map((name) => `${JSON.stringify(name)}: 1`).join();
  expect(parse(members).map(([name]) => name)).toEqual([
    ' ',
    '10',
    '9',
    '__proto__',
    'constructor',
    'é',
    'ﬁ',
    '🎓',
  ]);
});

test('the ages 0 and 150 are valid', () => {
  expect(parse('"a": 0, "b": 150, "c": "0", "d": "150"')).toHaveLength(4);
});

describe('an answer that is not a list is refused', () => {
  const noList = 'it has no object "student_ages"';
  test.each([
    ['', 'it is not JSON'],
    ['<!doctype html>', 'it is not JSON'],
    ['{"student_ages": {"Ahmed": "20"', 'it is not JSON'],
    ['null', noList],
    ['[]', noList],
    ['"student_ages"', noList],
    ['{}', noList],
    ['{"student_ages": null}', noList],
    ['{"student_ages": [["Ahmed", "20"]]}', noList],
    ['{"student_ages": "Ahmed"}', noList],
    ['{"student_ages": {"Ahmed": "20", "": "20"}}', 'the name of student 2 is empty'],
  ])('%s', (text, message) => {
    expect(() => parseStudentList(text)).toThrow(new StudentListError(message));
  });

  test.each(['""', '"1000"', '"151"', '"-1"', '" 1"', '"1\\n"', '"1.5"', '"٢٠"', '"x"'])(
    'for the age %s',
    (age) => {
      expect(() => parse(`"a": 1, "b": ${age}`)).toThrow('the age of student 2 is not valid');
    },
  );

  test.each(['-1', '151', '1.5', '1e400', 'null', 'true', '[]', '{}', '["20"]'])(
    'for the age %s',
    (age) => {
      expect(() => parse(`"a": 1, "b": ${age}`)).toThrow('the age of student 2 is not valid');
    },
  );
});
