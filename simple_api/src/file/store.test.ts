import { execFileSync } from 'node:child_process';
import fs, { chmod, mkdir, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../test/eventually';
import { served, useListFile } from '../../test/list-file';
import { NoListError } from '../students/store';
import { MAX_FILE_BYTES, MAX_STUDENTS } from './layout';

const GOOD = '{"Ahmed": "20"}';
const isRoot = process.geteuid?.() === 0;
const list = useListFile();
const problem = async (store: Awaited<ReturnType<typeof list.open>>['store']) =>
  (await store.health()).problem;

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the list at the start', () => {
  test('is served', async () => {
    const { store, lines } = await list.open(`\uFEFF${GOOD}`);
    expect(await served(store)).toEqual({ Ahmed: '20' });
    expect(await store.health()).toEqual({ students: 1, problem: undefined });
    expect(lines).toEqual([expect.stringContaining('"students":1')]);
  });

  test('has a version that depends on the content alone', async () => {
    const { store } = await list.open(GOOD);
    const other = await list.open(GOOD, join(list.folder(), 'other.json'));
    expect(await other.store.version()).toBe(await store.version());
  });

  test.each([
    ['missing', undefined, 'is missing; put the list there'],
    ['broken', '{"Ahmed": 20,}', 'line 1, column 14: JSON has no comma after the last member'],
  ])('may be %s: one line says so, and it is served when it is there', async (_how, text, why) => {
    const { store, file, lines } = await list.open(text);
    const asked = [store.version(), store.find(['a']), store.list(), served(store)];
    for (const { reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(NoListError);
      expect(reason.message).toContain(why);
    }
    await expect(store.change({ ages: new Map([['a', 1]]) })).rejects.toThrow(why);
    expect(await store.health()).toEqual({ problem: expect.stringContaining(file) });
    expect(lines).toEqual([expect.stringContaining('there is no list to serve')]);
    await writeFile(file, GOOD);
    await eventually(async () => expect(await served(store)).toEqual({ Ahmed: '20' }));
    expect(await problem(store)).toBeUndefined();
  });
});

describe('a change of the file shows', () => {
  test('when it is edited in place, with the same size', async () => {
    const { store, file } = await list.open(GOOD);
    for (const Ahmed of ['31', '32', '33']) {
      await writeFile(file, JSON.stringify({ Ahmed }));
      await eventually(async () => expect(await served(store)).toEqual({ Ahmed }));
    }
  });

  test('when another file is renamed over it', async () => {
    const { store, file } = await list.open(GOOD);
    await writeFile(`${file}.new`, '{"Ahmed": "21"}');
    await rename(`${file}.new`, file);
    await eventually(async () => expect(await served(store)).toEqual({ Ahmed: '21' }));
  });

  test('when it is removed and put back; meanwhile the last good list is served', async () => {
    const { store, file } = await list.open(GOOD);
    await rm(file);
    await eventually(async () => expect(await problem(store)).toContain('is missing'));
    expect(await served(store)).toEqual({ Ahmed: '20' });
    const refused = await store.change({ ages: new Map([['Omar', 1]]) });
    expect(refused).toMatchObject({ refused: 'broken' });
    await writeFile(file, '{"Ahmed": "21"}');
    await eventually(async () => expect(await served(store)).toEqual({ Ahmed: '21' }));
  });

  test('and a broken one is logged once, and so is the way back to the very same one', async () => {
    const { store, file, lines } = await list.open(GOOD);
    await writeFile(file, '{');
    await eventually(async () => expect(await problem(store)).toContain('the text ends'));
    // Two more looks at it, between which something else is said.
    await writeFile(file, '{"A": ""}');
    await eventually(async () => expect(await problem(store)).toContain('an age must be'));
    expect(lines.filter((line) => line.includes('the text ends'))).toHaveLength(1);
    await writeFile(file, GOOD);
    await eventually(async () => expect(await problem(store)).toBeUndefined());
    expect(await served(store)).toEqual({ Ahmed: '20' });
    expect(lines.at(-1)).toContain('nothing is wrong with the list any more');
  });

  test('when it was not read for a reason that passes', async () => {
    jest.spyOn(fs, 'open').mockRejectedValueOnce(Object.assign(new Error(), { code: 'EMFILE' }));
    const { store } = await list.open(GOOD);
    await eventually(async () => expect(await served(store)).toEqual({ Ahmed: '20' }));
  });
});

describe('a file that is too long for a file is refused, with what to do', () => {
  const remedy = 'a longer list belongs in a database such as PostgreSQL';
  test('in bytes, without being read', async () => {
    const { store, file } = await list.open(GOOD);
    await truncate(file, MAX_FILE_BYTES + 1);
    await eventually(async () => expect(await problem(store)).toContain(remedy));
    expect(await served(store)).toEqual({ Ahmed: '20' });
  });

  test('in students', async () => {
    const members = Array.from({ length: MAX_STUDENTS + 1 }, (_, i) => `"${i}":1`);
    const { store, file } = await list.open(`{${members}}`);
    expect(await problem(store)).toMatch(`line 1, column 288892: `);
    expect(await problem(store)).toContain(remedy);
    await writeFile(file, `{${members.slice(1)}}`);
    await eventually(async () =>
      expect(await store.health()).toEqual({ students: MAX_STUDENTS, problem: undefined }),
    );
  });
});

test.each([
  ['Latin-1', Buffer.from('{"Zoë": "20"}', 'latin1'), 'line 1, column 5'],
  ['UTF-16', Buffer.from('\uFEFF{"Zoë": "20"}', 'utf16le'), 'line 1, column 1'],
  ['a character cut off', Buffer.from('{\r\n"Zoë').subarray(0, -1), 'line 2, column 4'],
  ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf]), 'line 1, column 3'],
])('a file that is not UTF-8 is no list: %s', async (_what, bytes, where) => {
  const { store, file } = await list.open(bytes);
  expect(await problem(store)).toBe(
    `${file}, ${where}: a byte is not UTF-8; save the file as UTF-8`,
  );
});

describe('a file that cannot be read is a problem', () => {
  /** Gives up the rights of root, to whom every file is readable, for as long as something takes. */
  async function asNobody(check: () => Promise<void>): Promise<void> {
    if (isRoot) process.seteuid?.(65534);
    try {
      await check();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }

  test('that names the user, and the owner and the mode of the file', async () => {
    const { store, file } = await list.open(GOOD);
    await chmod(file, 0o000);
    await asNobody(() =>
      eventually(async () => {
        const user = process.geteuid?.();
        const owner = `user ${user}; it belongs to user ${isRoot ? 0 : user}, group `;
        expect(await problem(store)).toContain(`may not be read by ${owner}`);
        expect(await problem(store)).toContain('with mode 0000');
      }),
    );
    await chmod(file, 0o644);
    await eventually(async () => expect(await problem(store)).toBeUndefined());
  });

  test('when its folder lets nobody in', async () => {
    const inside = join(list.folder(), 'closed');
    await mkdir(inside, { mode: isRoot ? 0o700 : 0o000 });
    await asNobody(async () => {
      const { store } = await list.open(undefined, join(inside, 'student_age.json'));
      expect(await problem(store)).toContain('its folder does not let this user look at it');
    });
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('while it is served, when it was replaced under a single-file mount', async () => {
    // A link to an open file leads to it also after it was unlinked, as such a mount does.
    await writeFile(list.file(), GOOD);
    const handle = await open(list.file());
    try {
      await rm(list.file());
      const { store } = await list.open(undefined, `/proc/self/fd/${handle.fd}`);
      expect(await served(store)).toEqual({ Ahmed: '20' });
      expect(await problem(store)).toContain('mount its folder instead of the file');
      await store.close();
    } finally {
      await handle.close();
    }
  });

  test.each<[string, (file: string) => unknown, string]>([
    ['a folder', mkdir, 'is a folder; Docker makes one where a mounted path does not exist'],
    ['a named pipe', (file) => execFileSync('mkfifo', [file]), 'is not a regular file'],
  ])('when it is %s', async (_what, make, reason) => {
    await make(list.file());
    expect(await problem((await list.open()).store)).toContain(reason);
  });

  test('that names the system error otherwise', async () => {
    const { store } = await list.open(undefined, join(list.folder(), 'x'.repeat(300)));
    expect(await problem(store)).toContain('cannot be read: ENAMETOOLONG');
  });
});
