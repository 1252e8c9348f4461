import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readHere } from '../../test/held-students';
import { SIX } from '../../test/scripted-api';
import { DEFAULT_QUERY } from '../students/query';
import type { Students } from '../students/students';
import { readInThread } from './thread';

const read = readInThread(join(__dirname, '../../dist/thread.js'));
const responseOf = (list: object) => [Buffer.from(JSON.stringify({ student_ages: list }))];
const six = () => responseOf(Object.fromEntries(SIX));
const excerptOf = (students: Students, query = {}, isWanted = () => true) =>
  students.excerpt({ ...DEFAULT_QUERY, ...query }, isWanted);

test('a thread gives the same excerpts', async () => {
  const students = await read(six());
  for (const query of [{}, { sort: 'age', order: 'desc' }, { name: 'me' }, { page: 2 }]) {
    expect(await excerptOf(students, query)).toEqual(await excerptOf(await readHere(six()), query));
  }
  const isWanted = () => true;
  const query = { ...DEFAULT_QUERY, name: 'me' };
  expect(await students.csvPart(query, 0, isWanted)).toEqual({
    bytes: new TextEncoder().encode('\uFEFFName,Age\r\n"Ahmed",20\r\n"Meryem",23\r\n'),
    next: undefined,
  });
  expect(await students.csvPart(query, 0, () => false)).toBeUndefined();
  expect(await students.compare('Ahmed,21\nZoë,"', isWanted)).toMatchObject({
    changed: [['Ahmed', '20 → 21']],
    wrong: [['All from row 2 on', 'a quotation mark is out of place']],
  });
  await students.close();
});

test('it says what is wrong with a response', async () => {
  await expect(read(responseOf([]))).rejects.toMatchObject({ kind: 'nonsense' });
  await expect(read(responseOf({ a: -1 }))).rejects.toThrow('the age of student 1 is not valid');
});

test('it makes no excerpt that nobody waits for when its turn comes, nor one of a list that is closed', async () => {
  const students = await read(six());
  let isWanted = true;
  const [first, second] = [excerptOf(students), excerptOf(students, {}, () => isWanted)];
  isWanted = false;
  expect((await first)?.all).toBe(6);
  expect(await second).toBeUndefined();
  const [last, late] = [excerptOf(students), students.close()];
  await late;
  expect([await last, await excerptOf(students)]).toEqual([undefined, undefined]);
  expect(students.isLost()).toBe(true);
});

test('a list of 200,000 names of 200 characters does not hold up this thread', async () => {
  const text = Array.from(
    { length: 200_000 },
    (_, i) => `    "${`${i}-é`.padEnd(200, 'Ab')}": "20"`,
  );
  const body = Buffer.from(`{\n  "student_ages": {\n${text.join(',\n')}\n  }\n}\n`);
  async function* inPieces() {
    for (let i = 0; i < body.length; i += 65_536) {
      yield body.subarray(i, i + 65_536);
      if (i % (65_536 * 16) === 0) await new Promise(setImmediate);
    }
  }
  let longest = 0;
  let last = performance.now();
  const ticker = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  const students = await read(inPieces());
  for (const query of [{}, { sort: 'age' }, { name: '99-É' }]) {
    expect((await excerptOf(students, query))?.page.items).toHaveLength(100);
  }
  clearInterval(ticker);
  await students.close();
  expect(longest).toBeLessThan(250); // some ms, unless the machine is busy; in one thread a second
}, 30_000);

test('a thread that ends fails what waits for it, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'thread-'));
  const program = join(folder, 'thread.js');
  const serve = (then: string) => `
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', () => {
      ${then}
      parentPort.once('message', () => parentPort.once('message', () => { throw Error('no memory') }));
    });`;
  await writeFile(program, serve("throw Error('no memory')"));
  await expect(readInThread(program)(six())).rejects.toMatchObject({ kind: 'nonsense' });
  await writeFile(program, serve('parentPort.postMessage(undefined)'));
  const students = await readInThread(program)(six());
  expect(students.isLost()).toBe(false);
  await expect(excerptOf(students)).rejects.toMatchObject({
    kind: 'nonsense',
    message: 'no memory',
  });
  expect([students.isLost(), await excerptOf(students)]).toEqual([true, undefined]);
  await rm(folder, { recursive: true });
});
