import { execFileSync } from 'node:child_process';
import fs, {
  chmod,
  mkdir,
  mkdtemp,
  open as openFile,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { anyList } from '../../test/any-list';
import { captureLog } from '../../test/captured-log';
import { eventually } from '../../test/eventually';
import { MAX_FILE_BYTES } from './file';
import { studentListToJson } from './json';
import { parseStudentList, StudentListError, sortByName } from './list';
import { openStudentStore, type StudentStore } from './store';
import { type UpdateList, updateList } from './thread';

const GOOD = '{"Ahmed": "20"}';
const OTHER = '{"Ahmed": "21"}';

let folder: string;
const stores: StudentStore[] = [];
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'student-store-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

async function openPath(file: string, update: UpdateList = updateList) {
  const { logger, lines } = captureLog();
  const store = openStudentStore(file, update, logger);
  stores.push(store);
  await store.opened;
  return { store, file, lines };
}

async function open(content?: string | Buffer) {
  const file = join(folder, `${files++}.json`);
  if (content !== undefined) await writeFile(file, content);
  return openPath(file);
}

const served = (store: StudentStore) => Buffer.from(store.list()?.json ?? []).toString();
const jsonOf = (text: string) => studentListToJson(sortByName(parseStudentList(text))).toString();

describe('the list at the start', () => {
  test('is served, as JSON and compressed', async () => {
    const { store, lines } = await open(GOOD);
    expect(served(store)).toBe(jsonOf(GOOD));
    expect(gunzipSync(store.list()?.gzip ?? '').toString()).toBe(jsonOf(GOOD));
    expect(store.problem()).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining('"students":1')]);
  });

  test('has a digest that depends on the content alone', async () => {
    const first = await open('{"Sara": 1, "Omar": 2}');
    const second = await open('{"Omar":2,\n"Sara":1}');
    expect(second.store.list()?.digest).toBe(first.store.list()?.digest);
    expect((await open(GOOD)).store.list()?.digest).not.toBe(first.store.list()?.digest);
  });

  test('may have a byte order mark', async () => {
    expect(served((await open(`\uFEFF${GOOD}`)).store)).toBe(jsonOf(GOOD));
  });

  test.each([
    ['missing', undefined, 'is missing; put the list there'],
    ['broken', '{"Ahmed": 20,}', 'line 1, column 14: JSON has no comma after the last member'],
  ])('may be %s: one line says so, and it is served when it is there', async (_how, text, why) => {
    const { store, file, lines } = await open(text);
    expect(store.list()).toBeUndefined();
    expect(store.problem()).toContain(why);
    expect(store.problem()).toContain(file);
    expect(lines).toEqual([expect.stringContaining(`there is no list to serve`)]);
    await writeFile(file, GOOD);
    await eventually(() => expect(served(store)).toBe(jsonOf(GOOD)));
    expect(store.problem()).toBeUndefined();
  });
});

describe('a change of the file', () => {
  test('shows when it is edited in place, with the same size and within the same second', async () => {
    const { store, file } = await open(GOOD);
    for (const age of ['31', '32', '33']) {
      await writeFile(file, `{"Ahmed": "${age}"}`);
      await eventually(() => expect(served(store)).toContain(`"${age}"`));
    }
  });

  test('shows when another file is renamed over it', async () => {
    const { store, file } = await open(GOOD);
    await writeFile(`${file}.new`, OTHER);
    await rename(`${file}.new`, file);
    await eventually(() => expect(served(store)).toBe(jsonOf(OTHER)));
  });

  test('shows when it is removed and put back; meanwhile the old list is served', async () => {
    const { store, file } = await open(GOOD);
    await rm(file);
    await eventually(() => expect(store.problem()).toContain('is missing'));
    expect(served(store)).toBe(jsonOf(GOOD));
    await writeFile(file, OTHER);
    await eventually(() => expect(served(store)).toBe(jsonOf(OTHER)));
    expect(store.problem()).toBeUndefined();
  });

  test('to a broken list is logged once, and so is the way back to the very same one', async () => {
    const { store, file, lines } = await open(GOOD);
    await writeFile(file, '{');
    await eventually(() => expect(store.problem()).toContain('the file ends'));
    await sleep(1_000);
    expect(lines.filter((line) => line.includes('still serving the last good'))).toHaveLength(1);
    await writeFile(file, GOOD);
    await eventually(() => expect(store.problem()).toBeUndefined());
    expect(served(store)).toBe(jsonOf(GOOD));
    expect(lines.at(-1)).toContain('nothing is wrong with the list any more');
  });

  test('is not seen any more after the store was closed', async () => {
    const { store, file } = await open(GOOD);
    store.close();
    await writeFile(file, OTHER);
    await sleep(1_000);
    expect(served(store)).toBe(jsonOf(GOOD));
  });

  test('is loaded again when that failed for a reason that passes', async () => {
    const { file } = await open(GOOD);
    let attempts = 0;
    const { store } = await openPath(file, async (path, changes) => {
      if (attempts++ < 2) throw new Error('out of memory');
      return updateList(path, changes);
    });
    expect(store.problem()).toBe(`${file} cannot be loaded: Error: out of memory`);
    await eventually(() => expect(served(store)).toBe(jsonOf(GOOD)));
    expect(store.problem()).toBeUndefined();
  });

  test('is not loaded again at every look when it takes long to fail', async () => {
    const { file } = await open(GOOD);
    let attempts = 0;
    const { store } = await openPath(file, async () => {
      attempts++;
      await sleep(200);
      throw new Error('out of memory');
    });
    await sleep(1_500); // three looks
    expect(attempts).toBe(1);
    expect(store.problem()).toContain('out of memory');
  });
});

describe('changes of the list', () => {
  const set = (name: string, age: number) => ({ ages: new Map([[name, age]]) });

  test('show when they have been written', async () => {
    const { store, file } = await open(GOOD);
    for (const age of [31, 32, 33]) {
      expect(await store.change(set('Ahmed', age))).toEqual({ added: 0, changed: 1, removed: 0 });
      expect(served(store)).toBe(jsonOf(await readFile(file, 'utf8')));
      expect(served(store)).toContain(String(age));
    }
  });

  test('that wait are written together, also after an error that nobody foresaw', async () => {
    const { file } = await open(GOOD);
    const sizes: number[] = [];
    const { store } = await openPath(file, (path, changes) => {
      if (changes.length > 0) sizes.push(changes.length);
      return sizes.length === 1 ? Promise.reject(new Error('EIO')) : updateList(path, changes);
    });
    const failed = await Promise.allSettled([store.change(set('a', 1)), store.change(set('b', 1))]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const first = store.change(set('0', 1));
    await sleep(1);
    const rest = Array.from({ length: 50 }, (_, i) => store.change(set(String(i + 1), 1)));
    await Promise.all([first, ...rest]);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(53);
    expect(sizes.length).toBeLessThanOrEqual(4);
    expect(store.list()?.students).toBe(52);
  });

  test('are made to an edit that was not seen yet, and mend what was wrong with the list', async () => {
    const { store, file, lines } = await open('{');
    await writeFile(file, '{"by hand": 1}');
    await store.change(set('Omar', 2));
    expect(served(store)).toBe(jsonOf('{"by hand": 1, "Omar": 2}'));
    expect(store.problem()).toBeUndefined();
    expect(lines.at(-1)).toContain('nothing is wrong with the list any more');
  });

  test('are not possible where the list is mounted by itself: one line says so', async () => {
    const mountinfo = jest.spyOn(fs, 'readFile');
    const file = join(folder, `${files++}.json`);
    await writeFile(file, GOOD);
    mountinfo.mockResolvedValue(`1 2 0:3 /x ${file} rw,noatime - ext4 /dev/x rw\n`);
    const { store, lines } = await openPath(file);
    expect(await store.whyReadOnly()).toContain('is mounted by itself');
    expect(lines.at(-1)).toContain('the list is read-only: ');
    mountinfo.mockResolvedValue(`1 2 0:3 /x ${folder} ro,noatime - ext4 /dev/x rw\n`);
    expect(await store.whyReadOnly()).toContain(`${folder} is mounted read-only`);
    mountinfo.mockRestore();
    expect(await store.whyReadOnly()).toBeUndefined();
  });
});

describe('a file that is not UTF-8 never replaces a list', () => {
  test.each([
    ['Latin-1', Buffer.from('{"Zoë": "20"}', 'latin1'), 'line 1, column 5'],
    ['UTF-16', Buffer.from('\uFEFF{"Zoë": "20"}', 'utf16le'), 'line 1, column 1'],
    ['a character cut off', Buffer.from('{\r\n"Zoë').subarray(0, -1), 'line 2, column 4'],
    ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf]), 'line 1, column 3'],
  ])('%s', async (_what, bytes, where) => {
    const { store, file } = await open(GOOD);
    await writeFile(file, bytes);
    await eventually(() =>
      expect(store.problem()).toContain(`${file}, ${where}: a byte is not UTF-8`),
    );
    expect(served(store)).toBe(jsonOf(GOOD));
  });
});

test('whatever is done to the text of a list: served is the old one, or the new one if it is valid', async () => {
  const mutated = fc
    .tuple(anyList, fc.nat(), fc.nat({ max: 3 }), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([list, at, remove, insert]) => {
      const text = studentListToJson(list).subarray(20, -3).toString();
      const i = at % (text.length + 1);
      return (text.slice(0, i) + insert + text.slice(i + remove)).toWellFormed();
    });
  /** What a file with this text must lead to; undefined if it is no list. */
  const expected = (text: string) => {
    try {
      return jsonOf(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      if (error instanceof StudentListError) return undefined;
      throw error;
    }
  };
  const texts = fc.array(mutated, { minLength: 50, maxLength: 50 });
  const changeOne = async (text: string) => {
    const { store, file } = await open(GOOD);
    await writeFile(file, text);
    // Fifty stores at a time are slower than one.
    await eventually(() => {
      expect(served(store)).toBe(expected(text) ?? jsonOf(GOOD));
      expect(store.problem() === undefined).toBe(expected(text) !== undefined);
    }, 10_000);
  };
  await fc.assert(
    fc.asyncProperty(texts, async (all) => void (await Promise.all(all.map(changeOne)))),
    { numRuns: 3, endOnFailure: true },
  );
}, 30_000);

describe('a file that cannot be read', () => {
  const isRoot = process.geteuid?.() === 0;
  /** Gives up the rights of root, to whom every file is readable, for as long as something takes. */
  async function asNobody(check: () => Promise<void>): Promise<void> {
    if (isRoot) process.seteuid?.(65534);
    try {
      await check();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }

  test('is a problem that names the user, and the owner and the mode of the file', async () => {
    const { store, file } = await open(GOOD);
    await chmod(file, 0o000);
    await asNobody(() =>
      eventually(() => {
        const user = process.geteuid?.();
        expect(store.problem()).toMatch(
          `may not be read by user ${user}; it belongs to user ${isRoot ? 0 : user}, group `,
        );
        expect(store.problem()).toMatch('with mode 0000');
      }),
    );
    expect(served(store)).toBe(jsonOf(GOOD));
    await chmod(file, 0o644);
    await eventually(() => expect(store.problem()).toBeUndefined());
  });

  test('is a problem when its folder lets nobody in', async () => {
    const inside = join(folder, 'closed');
    await mkdir(inside, { mode: isRoot ? 0o700 : 0o000 });
    await asNobody(async () => {
      const { store } = await openPath(join(inside, 'student_age.json'));
      expect(store.problem()).toContain('its folder does not let this user look at it');
    });
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('is served, with a problem, when it was replaced under a single-file mount', async () => {
    // A link to an open file leads to it also after it was unlinked, as such a mount does.
    const { file } = await open(GOOD);
    const handle = await openFile(file);
    await rm(file);
    const { store } = await openPath(`/proc/self/fd/${handle.fd}`);
    expect(served(store)).toBe(jsonOf(GOOD));
    expect(store.problem()).toContain('mount its folder instead of the file');
    store.close();
    await handle.close();
  });

  test('is a problem when it is too large, without being read', async () => {
    const { store, file } = await open(GOOD);
    await truncate(file, MAX_FILE_BYTES + 1);
    await eventually(() => expect(store.problem()).toBe(`${file} is larger than 67108864 bytes`));
    expect(served(store)).toBe(jsonOf(GOOD));
  });

  test.each([
    [
      'a folder, as Docker makes for a path that does not exist',
      (file: string) => mkdir(file),
      'is a folder; Docker makes one where a mounted path does not exist on the host',
    ],
    [
      'a named pipe, which blocks nothing',
      (file: string) => execFileSync('mkfifo', [file]),
      'is not a regular file',
    ],
  ])('is a problem when it is %s', async (_what, make, problem) => {
    const { store, file } = await open(GOOD);
    await rm(file);
    await make(file);
    await eventually(() => expect(store.problem()).toContain(`${file} ${problem}`));
  });

  test('is a problem that names the system error otherwise', async () => {
    const { store } = await openPath(join(folder, 'x'.repeat(300)));
    expect(store.problem()).toContain('cannot be read: ENAMETOOLONG');
    const inFile = await openPath(join((await open(GOOD)).file, 'student_age.json'));
    expect(inFile.store.problem()).toContain('is missing');
  });
});
