import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_QUERY, queryOf, studentsAddress } from './address';

const parse = (search: string) => queryOf({ url: `/students?${search}` });

const NONSENSE = ['', 'name=&sort=&order=&page=', 'name=++', 'sort=Age&order=DESC', 'unknown=1'];
const NO_PAGES = ['0', '-1', '1.5', '1e3', 'x'].map((page) => `page=${page}`);
test.each([
  ...NONSENSE,
  ...NO_PAGES,
  'sort=__proto__&order=constructor',
  'age=',
  'age=151',
  'age=-1',
  'age=x',
  'name=%00%07',
])('for "%s", all is shown', (search) => expect(parse(search)).toEqual(DEFAULT_QUERY));

test('any page can be asked for that the API takes', () => {
  expect(parse('page=999999999').page).toBe(999_999_999);
  expect(parse('page=1000000000').page).toBe(1);
});

test('a filter is cut off after 200 characters, never within one', () => {
  expect(parse(`name=${'a'.repeat(300)}`).name).toBe('a'.repeat(200));
  expect(parse(`name=${'a'.repeat(199)}🎓`).name.isWellFormed()).toBe(true);
});

test('an address leads back to its query, whatever was typed, and has no defaults', () => {
  const address = studentsAddress({ ...DEFAULT_QUERY, name: 'a&b=c', page: 2 });
  expect(address).toBe('/students?name=a%26b%3Dc&page=2');
  expect(studentsAddress(parse('page=2&age=007'))).toBe('/students?age=7&page=2');
  const typed = fc.record({
    age: fc.oneof(fc.nat(200).map(String), fc.string()),
    name: fc.string({ unit: 'binary' }),
    sort: fc.constantFrom('age', 'name', 'x'),
    order: fc.constantFrom('asc', 'desc', 'x'),
    page: fc.oneof(fc.nat().map(String), fc.string()),
  });
  const parameters = typed.map((it) => `${new URLSearchParams(it)}`);
  fc.assert(
    fc.property(fc.oneof(fc.webQueryParameters(), parameters), (search) => {
      const query = parse(search);
      const again = studentsAddress(query).slice('/students?'.length);
      expect(parse(again)).toEqual({ ...query, name: query.name.trim() });
    }),
  );
});
