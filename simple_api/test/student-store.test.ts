import { isUtf8 } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  open as openFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_FILE_BYTES } from '../src/student-file';
import { parseStudentList, StudentListError, sortByName } from '../src/student-list';
import { studentListToJson } from '../src/student-list-json';
import { openStudentStore, type StudentStore } from '../src/student-store';
import { anyList } from './any-list';
import { BROKEN_LISTS } from './broken-lists';
import { captureLog } from './captured-log';
import { eventually } from './eventually';

const GOOD = '{"Ahmed": "20"}';
const OTHER = '{"Ahmed": "21"}';

let folder: string;
const stores: StudentStore[] = [];
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'student-store-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

async function open(content?: string | Buffer) {
  const file = join(folder, `${files++}.json`);
  if (content !== undefined) await writeFile(file, content);
  const { logger, lines } = captureLog();
  const store = await openStudentStore(file, logger);
  stores.push(store);
  return { store, file, lines };
}

function served(store: StudentStore): string | undefined {
  return store.snapshot()?.identity.body.toString();
}

const answer = (text: string) => studentListToJson(sortByName(parseStudentList(text))).toString();

/** The answer that a file with these bytes must lead to; undefined if it is no list. */
function validAnswer(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    return answer(bytes.toString().replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof StudentListError) return undefined;
    throw error;
  }
}

describe('the list at the start', () => {
  test('is served', async () => {
    const { store, lines } = await open(GOOD);
    expect(served(store)).toBe(answer(GOOD));
    expect(store.problem()).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"students":1');
  });

  test('may have a byte order mark', async () => {
    const { store } = await open(`\uFEFF${GOOD}`);
    expect(served(store)).toBe(answer(GOOD));
  });

  test('may be missing: one line says so and what to do, and it is served when it appears', async () => {
    const { store, file, lines } = await open();
    expect(store.snapshot()).toBeUndefined();
    expect(store.problem()).toContain(`${file} is missing; put the list there`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${file} is missing`);
    await writeFile(file, GOOD);
    await eventually(() => expect(served(store)).toBe(answer(GOOD)));
    expect(store.problem()).toBeUndefined();
  });

  test('may be broken: one line says so, and it is served when it is mended', async () => {
    const { store, file, lines } = await open('{"Ahmed": 20,}');
    expect(store.snapshot()).toBeUndefined();
    expect(store.problem()).toBe(
      `${file}, line 1, column 14: JSON has no comma after the last member`,
    );
    expect(lines).toHaveLength(1);
    await writeFile(file, GOOD);
    await eventually(() => expect(served(store)).toBe(answer(GOOD)));
  });
});

describe('a change of the file', () => {
  test('shows when it is edited in place', async () => {
    const { store, file } = await open(GOOD);
    await writeFile(file, OTHER);
    await eventually(() => expect(served(store)).toBe(answer(OTHER)));
  });

  test('shows when another file is renamed over it', async () => {
    const { store, file } = await open(GOOD);
    await writeFile(`${file}.new`, OTHER);
    await rename(`${file}.new`, file);
    await eventually(() => expect(served(store)).toBe(answer(OTHER)));
  });

  test('shows when it is removed and put back; meanwhile the old list is served', async () => {
    const { store, file } = await open(GOOD);
    await rm(file);
    await eventually(() => expect(store.problem()).toContain('is missing'));
    expect(served(store)).toBe(answer(GOOD));
    await writeFile(file, OTHER);
    await eventually(() => expect(served(store)).toBe(answer(OTHER)));
    expect(store.problem()).toBeUndefined();
  });

  test('with the same size and within the same second shows', async () => {
    const { store, file } = await open(GOOD);
    for (const age of ['31', '32', '33']) {
      await writeFile(file, `{"Ahmed": "${age}"}`);
      await eventually(() => expect(served(store)).toContain(`"${age}"`));
    }
  });

  test('to a broken list and back to the very same one clears the problem', async () => {
    const { store, file, lines } = await open(GOOD);
    await writeFile(file, '{');
    await eventually(() => expect(store.problem()).toContain('the file ends'));
    await writeFile(file, GOOD);
    await eventually(() => expect(store.problem()).toBeUndefined());
    expect(served(store)).toBe(answer(GOOD));
    expect(lines.at(-1)).toContain('nothing is wrong with the list any more');
  });

  test('is logged once, however long it stays', async () => {
    const { store, file, lines } = await open(GOOD);
    await writeFile(file, '{');
    await eventually(() => expect(store.problem()).toBeDefined());
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(lines.filter((line) => line.includes('still serving the last good list'))).toHaveLength(
      1,
    );
  });

  test('is not seen any more after the store was closed', async () => {
    const { store, file } = await open(GOOD);
    store.close();
    await writeFile(file, OTHER);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(served(store)).toBe(answer(GOOD));
  });
});

describe('a long list, which is loaded in a thread of its own', () => {
  const long = (age: string, tail = '') =>
    `{${Array.from({ length: 20_000 }, (_, i) => `"Student ${i}": "${age}"`).join(',\n')}${tail}}`;

  test('is served as a short one is', async () => {
    const text = long('20');
    const { store } = await open(text);
    expect(served(store)).toBe(answer(text));
    expect(gunzipSync(store.snapshot()?.gzip.body ?? '').toString()).toBe(answer(text));
    expect(store.snapshot()?.students).toBe(20_000);
  });

  test('keeps the old list when it is broken, and says where', async () => {
    const text = long('20');
    const { store, file } = await open(text);
    await writeFile(file, long('21', ','));
    await eventually(() =>
      expect(store.problem()).toBe(
        `${file}, line 20000, column 23: JSON has no comma after the last member`,
      ),
    );
    expect(served(store)).toBe(answer(text));
  });
});

describe('a file that is no list never replaces one', () => {
  type Opened = Awaited<ReturnType<typeof open>>;
  const cases: { what: string; bytes: Buffer; where: string }[] = [];
  for (const { what, text, line, column } of BROKEN_LISTS)
    cases.push({
      what,
      bytes: Buffer.from(text),
      where: `line ${line}, column ${column}: `,
    });
  const notUtf8 = (what: string, bytes: Buffer, column: number) =>
    cases.push({ what, bytes, where: `line 1, column ${column}: a byte is not UTF-8` });
  notUtf8('Latin-1', Buffer.from('{"Zoë": "20"}', 'latin1'), 5);
  notUtf8('UTF-16', Buffer.from('\uFEFF{"Zoë": "20"}', 'utf16le'), 1);
  notUtf8('a character cut off', Buffer.from('{"Zoë').subarray(0, -1), 5);
  notUtf8('an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf]), 3);

  const opened = new Map<string, Opened>();
  beforeAll(async () => {
    // All at once, so that the wait for the second look is one wait.
    await Promise.all(
      cases.map(async ({ what, bytes }) => {
        const { store, file, lines } = await open(GOOD);
        stores.length = 0;
        opened.set(what, { store, file, lines });
        await writeFile(file, bytes);
      }),
    );
  });
  afterAll(() => {
    for (const { store } of opened.values()) store.close();
  });

  test.each(cases)('$what', async ({ what, where }) => {
    const { store, file, lines } = opened.get(what) ?? (await open());
    await eventually(() => expect(store.problem()).toContain(`${file}, ${where}`));
    expect(served(store)).toBe(answer(GOOD));
    expect(lines.filter((line) => line.includes('"level":50'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('still serving the last good list');
  });

  test('whatever is done to the text of a list: served is the old one, or the new one if it is valid', async () => {
    const mutated = fc
      .tuple(anyList, fc.nat(), fc.nat({ max: 3 }), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([list, at, remove, insert]) => {
        const bytes = studentListToJson(list).subarray(20, -3);
        const i = at % (bytes.length + 1);
        return Buffer.concat([
          bytes.subarray(0, i),
          Buffer.from(insert),
          bytes.subarray(i + remove),
        ]);
      });
    await fc.assert(
      fc.asyncProperty(fc.array(mutated, { minLength: 60, maxLength: 60 }), async (texts) => {
        await Promise.all(
          texts.map(async (bytes) => {
            const { store, file } = await open(GOOD);
            await writeFile(file, bytes);
            const valid = validAnswer(bytes);
            await eventually(() => {
              expect(served(store)).toBe(valid ?? answer(GOOD));
              expect(store.problem() === undefined).toBe(valid !== undefined);
            });
          }),
        );
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });
});

describe('a file that cannot be read', () => {
  const isRoot = process.geteuid?.() === 0;
  const asNobody = 65534;

  test('is a problem that names the user, and the owner and the mode of the file', async () => {
    const { store, file } = await open(GOOD);
    await chmod(folder, 0o755);
    // To root every file is readable.
    if (isRoot) process.seteuid?.(asNobody);
    try {
      const user = process.geteuid?.();
      if (isRoot) process.seteuid?.(0);
      await chmod(file, 0o000);
      if (isRoot) process.seteuid?.(asNobody);
      await eventually(() =>
        expect(store.problem()).toMatch(
          new RegExp(
            `may not be read by user ${user}; it belongs to user \\d+, group \\d+, with mode 0000`,
          ),
        ),
      );
      expect(served(store)).toBe(answer(GOOD));
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    await chmod(file, 0o644);
    await eventually(() => expect(store.problem()).toBeUndefined());
  });

  test('is a problem when its folder lets nobody in', async () => {
    const inside = join(folder, 'closed');
    await mkdir(inside, { mode: 0o700 });
    const { logger } = captureLog();
    if (isRoot) process.seteuid?.(asNobody);
    else await chmod(inside, 0o000);
    try {
      const store = await openStudentStore(join(inside, 'student_age.json'), logger);
      stores.push(store);
      expect(store.problem()).toContain('its folder does not let this user look at it');
    } finally {
      if (isRoot) process.seteuid?.(0);
      else await chmod(inside, 0o700);
    }
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('is served, with a problem, when it was replaced under a single-file mount', async () => {
    // A link to an open file leads to it also after it was unlinked, as such a mount does.
    const file = join(folder, 'unlinked.json');
    await writeFile(file, GOOD);
    const handle = await openFile(file);
    await rm(file);
    const { logger } = captureLog();
    const store = await openStudentStore(`/proc/self/fd/${handle.fd}`, logger);
    stores.push(store);
    expect(served(store)).toBe(answer(GOOD));
    expect(store.problem()).toContain('mount its folder instead of the file');
    store.close();
    await handle.close();
  });

  test('is a problem when it is too large, without being read', async () => {
    const { store, file } = await open(GOOD);
    await truncate(file, MAX_FILE_BYTES + 1);
    await eventually(() => expect(store.problem()).toBe(`${file} is larger than 67108864 bytes`));
    expect(served(store)).toBe(answer(GOOD));
  });

  test('is a problem when it is a folder, as Docker makes for a path that does not exist', async () => {
    const { store, file } = await open(GOOD);
    await rm(file);
    await mkdir(file);
    await eventually(() => expect(store.problem()).toBe(`${file} is not a regular file`));
  });

  test('is a problem, and blocks nothing, when it is a named pipe', async () => {
    if (process.platform === 'win32') return;
    const { store, file } = await open(GOOD);
    await rm(file);
    execFileSync('mkfifo', [file]);
    await eventually(() => expect(store.problem()).toBe(`${file} is not a regular file`));
  });

  test('is a problem when its folder is a file', async () => {
    const { file } = await open(GOOD);
    const { logger } = captureLog();
    const store = await openStudentStore(join(file, 'student_age.json'), logger);
    stores.push(store);
    expect(store.problem()).toContain('is missing');
  });

  test('is a problem that names the system error otherwise', async () => {
    const { logger } = captureLog();
    const store = await openStudentStore(join(folder, 'x'.repeat(300)), logger);
    stores.push(store);
    expect(store.problem()).toContain('cannot be read: ENAMETOOLONG');
  });
});
