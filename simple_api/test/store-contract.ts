import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Change } from '../src/students/change';
import { fold } from '../src/students/fold';
import { orderKey } from '../src/students/order';
import type { StudentQuery } from '../src/students/query';
import type { StudentStore } from '../src/students/store';
import type { Age, Student } from '../src/students/student';
import { anyAge, anyName, anyStudents } from './any-students';

const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const key = ({ name }: Student) => orderKey(fold(name));
const years = ({ age }: Student) => Number(age);

/** What a query must lead to, done the plain way. */
function pageOf(
  students: readonly Student[],
  { name, age, sort, order, page, size }: StudentQuery,
) {
  const named = students.filter((student) => fold(student.name).includes(fold(name)));
  const matching = named.filter((student) => age === undefined || years(student) === age);
  matching.sort((a, b) => bytes(key(a), key(b)) || bytes(a.name, b.name));
  const direction = order === 'asc' ? 1 : -1;
  if (sort === 'age') matching.sort((a, b) => direction * (years(a) - years(b)));
  else if (order === 'desc') matching.reverse();
  const ages: Record<number, number> = {};
  for (const student of named) ages[years(student)] = (ages[years(student)] ?? 0) + 1;
  const pages = Math.max(1, Math.ceil(matching.length / size));
  const number = Math.min(page, pages);
  return {
    students: matching.slice((number - 1) * size, number * size),
    page: number,
    pages,
    matching: matching.length,
    all: students.length,
    ages,
  };
}

/** What a change must lead to: the edits, and the list after them. */
function edit(students: readonly Student[], ages: Change['ages']) {
  const list = new Map(students.map(({ name, age }) => [name, age]));
  const edits = [...ages]
    .map(([name, age]) => ({ name, age, was: list.get(name) ?? null }))
    .filter(({ age, was }) => age !== was);
  for (const { name, age } of edits) age === null ? list.delete(name) : list.set(name, age);
  return { edits, after: Array.from(list, ([name, age]): Student => ({ name, age })) };
}

async function listOf(store: StudentStore) {
  const { version, parts } = await store.list();
  const students: Student[] = [];
  for await (const part of parts) students.push(...part.map(({ name, age }) => ({ name, age })));
  return { version, students };
}

const anyQuery: fc.Arbitrary<StudentQuery> = fc.record(
  {
    name: fc.oneof(fc.constantFrom('', 'a', 'é', 'ZO', '1'), anyName),
    age: fc.option(fc.oneof(fc.constantFrom(0, 20), anyAge.map(Number)), { nil: undefined }),
    sort: fc.constantFrom('name', 'age'),
    order: fc.constantFrom('asc', 'desc'),
    page: fc.integer({ min: 1, max: 4 }),
    size: fc.integer({ min: 1, max: 10 }),
  },
  { noNullPrototype: true },
);

const anyStep = fc.record({
  edits: fc.array(fc.tuple(anyName, fc.option(anyAge)), { maxLength: 6 }),
  /** Of those who are on the list: the position, and the new age. */
  known: fc.array(fc.tuple(fc.nat(), fc.option(anyAge)), { maxLength: 3 }),
  isPreview: fc.boolean(),
  isOfOtherState: fc.boolean(),
  query: anyQuery,
});

/**
 * What every store must do: random changes and queries, checked against a plain array.
 *
 * @param open opens a store with these students, which it closes after the test
 */
export function testStore(open: (students: readonly Student[]) => Promise<StudentStore>): void {
  const property = fc.asyncProperty(
    anyStudents,
    fc.array(anyStep, { maxLength: 8 }),
    async (start, steps) => {
      let students: readonly Student[] = start;
      const store = await open(start);
      const versions = new Map<string, string>();
      for (const { edits, known, query, isPreview, isOfOtherState } of steps) {
        const version = await store.version();
        const ages = new Map<string, Age | null>(edits);
        for (const [at, age] of known) {
          const student = students[at % students.length];
          if (student) ages.set(student.name, age);
        }
        const unless: Change['unless'] = (now) => {
          expect(now).toMatchObject({ version, all: students.length });
          for (const name of ages.keys()) {
            expect(now.ageOf(name)).toBe(students.find((it) => it.name === name)?.age);
          }
          return isOfOtherState ? 'another state' : undefined;
        };
        const outcome = await store.change({ ages, unless, isPreview });
        const expected = edit(students, ages);
        if (isOfOtherState) {
          expect(outcome).toEqual({ refused: 'condition', reason: 'another state' });
        } else {
          expect(outcome).toMatchObject({
            edits: expected.edits,
            added: expected.edits.filter(({ was }) => was === null).length,
            removed: expected.edits.filter(({ age }) => age === null).length,
          });
          if (!isPreview) students = expected.after;
        }
        const { version: ofPage, ...page } = await store.query(query);
        expect(page).toEqual(pageOf(students, query));
        const listing = await listOf(store);
        expect(listing.students).toEqual([...students].sort((a, b) => bytes(a.name, b.name)));
        expect([ofPage, listing.version]).toEqual(Array(2).fill(await store.version()));
        const content = JSON.stringify(listing.students);
        expect(versions.get(ofPage) ?? content).toBe(content);
        versions.set(ofPage, content);
        const names = [...ages.keys()];
        const found = students.filter(({ name }) => ages.has(name));
        expect(await store.find(names)).toEqual(new Map(found.map(({ name, age }) => [name, age])));
      }
      await store.close();
    },
  );
  test('random changes and queries are what a plain array does', async () => {
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);

  test('changes that are asked for together are made one after the other', async () => {
    const store = await open([{ name: 'Ahmed', age: '20' }]);
    const version = await store.version();
    const ifSame: Change['unless'] = (now) => (now.version === version ? undefined : 'changed');
    const set = (name: string, age: Age, unless?: Change['unless']) =>
      store.change({ ages: new Map([[name, age]]), unless });
    const outcomes = await Promise.all([
      set('Zoë', 1, ifSame),
      set('Omar', 2, ifSame),
      set('Zoë', 3, (now) => (now.ageOf('Zoë') === 1 && now.all === 2 ? undefined : 'not yet')),
    ]);
    expect(outcomes).toMatchObject([
      { added: 1, changed: 0 },
      { refused: 'condition', reason: 'changed' },
      { added: 0, changed: 1 },
    ]);
    expect((await store.find(['Zoë', 'Omar'])).get('Zoë')).toBe(3);
  });

  test('what is kept by version is never that of another state', async () => {
    const store = await open([{ name: 'Ahmed', age: '20' }]);
    const first = await store.version();
    await store.change({ ages: new Map([['Ahmed', 20]]) }); // of another type
    expect(await store.version()).not.toBe(first);
  });
}
