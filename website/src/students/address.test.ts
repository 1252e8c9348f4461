import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_QUERY, parseStudentQuery, studentsAddress } from './address';

test('a page behind the last of the longest list is that one, so that it is not kept twice', () => {
  expect(parseStudentQuery(`page=${'9'.repeat(400)}`).page).toBe(300);
});

describe('falls back to the default', () => {
  test.each([
    '',
    'name=&sort=&order=&page=',
    'name=++',
    'sort=Age&order=DESC',
    'sort=__proto__&order=constructor',
    'page=0',
    'page=-1',
    'page=1.5',
    'page=1e3',
    'page=x',
    'unknown=1',
    'name=%00%07',
  ])('for "%s"', (search) => {
    expect(parseStudentQuery(search)).toEqual(DEFAULT_QUERY);
  });
});

test('cuts a filter off after 200 characters, never within one', () => {
  expect(parseStudentQuery(`name=${'a'.repeat(300)}`).name).toBe('a'.repeat(200));
  expect(parseStudentQuery(`name=${'a'.repeat(199)}🎓`).name.isWellFormed()).toBe(true);
});

test('leaves defaults out of an address', () => {
  expect(studentsAddress(DEFAULT_QUERY)).toBe('/students');
  expect(studentsAddress({ ...DEFAULT_QUERY, name: 'a&b=c', page: 2 })).toBe(
    '/students?name=a%26b%3Dc&page=2',
  );
});

test('an address leads back to its query, whatever was typed', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.webQueryParameters(),
        fc
          .record({
            name: fc.string({ unit: 'grapheme' }),
            sort: fc.constantFrom('age', 'name', 'x'),
            order: fc.constantFrom('asc', 'desc', 'x'),
            page: fc.oneof(fc.nat().map(String), fc.string()),
          })
          .map((parameters) => String(new URLSearchParams(parameters))),
      ),
      (search) => {
        const query = parseStudentQuery(search);
        expect(query.page).toBeGreaterThanOrEqual(1);
        expect(query.name.length).toBeLessThanOrEqual(200);
        const again = studentsAddress(query).slice('/students?'.length);
        expect(parseStudentQuery(again)).toEqual({ ...query, name: query.name.trim() });
      },
    ),
  );
});
