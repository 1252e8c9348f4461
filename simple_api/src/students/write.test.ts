import { constants } from 'node:fs';
import fs, {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { anyList } from '../../test/any-list';
import { type Change, studentTag } from './change';
import { fileVersion, MAX_FILE_BYTES } from './file';
import type { Age } from './list';
import { loadList } from './load';
import { whyReadOnly } from './read-only';
import { removeLeftovers, replaceFile } from './replace-file';
import { writeChanges } from './write';

const GOOD = '{\n  "Ahmed": "20",\n  "Sara": 23\n}\n';
const isRoot = process.geteuid?.() === 0;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'student-write-'));
  await chmod(folder, 0o755);
  file = join(folder, 'student_age.json');
  await writeFile(file, GOOD);
});
afterEach(async () => {
  if (isRoot) process.seteuid?.(0);
  jest.restoreAllMocks();
  await chmod(folder, 0o755);
  await rm(folder, { recursive: true });
});

const text = () => readFile(file, 'utf8');
type Conditions = Omit<Change, 'ages'>;
const set = (name: string, age: Age | null, conditions?: Conditions): Change => ({
  ages: new Map([[name, age]]),
  ...conditions,
});
const write = (...changes: Change[]) => writeChanges(file, changes);
const done = (added: number, changed: number, removed: number) => ({ added, changed, removed });
const refused = (refused: string, reason: string) => ({
  refused,
  reason: expect.stringContaining(reason),
});

describe('changes', () => {
  test('are written together, in their order', async () => {
    const outcomes = await write(
      set('Ahmed', 21),
      set('Zoë', '007'),
      set('Ahmed', null),
      set('Sara', 23),
      { ages: new Map(Object.entries({ Omar: 1, Zoë: 8, nobody: null })) },
    );
    const all = [done(0, 1, 0), done(1, 0, 0), done(0, 0, 1), done(0, 0, 0), done(1, 1, 0)];
    expect(outcomes).toEqual(all);
    expect(await text()).toBe('{\n  "Sara": 23,\n  "Zoë": 8,\n  "Omar": 1\n}\n');
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  test('together lead to the same list as one by one', async () => {
    const age = fc.constantFrom(1, '1', 2, null);
    const condition = fc.constantFrom(undefined, { match: ['*'] }, { noneMatch: ['*'] });
    const change = fc.tuple(fc.constantFrom('a', 'b', '10', '__proto__'), age, condition);
    await fc.assert(
      fc.asyncProperty(anyList, fc.array(change, { maxLength: 8 }), async (list, all) => {
        const before = `{${list.map((pair) => pair.map((it) => JSON.stringify(it)).join(': '))}}`;
        const changes = all.map(([name, age, condition]) => set(name, age, condition));
        await writeFile(file, before);
        const together = [await write(...changes), (await loadList(file)).list?.digest];
        await writeFile(file, before);
        const outcomes = [];
        for (const one of changes) outcomes.push(...(await write(one)));
        // Who is removed and added in one go keeps the place.
        expect(together).toEqual([outcomes, (await loadList(file)).list?.digest]);
      }),
      { numRuns: 30 },
    );
  });

  test('that change nothing write nothing', async () => {
    const version = await fileVersion(file);
    expect(await write(set('Sara', 23), set('nobody', null))).toEqual([
      done(0, 0, 0),
      done(0, 0, 0),
    ]);
    expect(await fileVersion(file)).toBe(version);
  });

  test('are applied to what is in the file now', async () => {
    await writeFile(file, '{"by hand": 1}');
    await write(set('Omar', 2));
    expect(await text()).toBe('{"by hand": 1, "Omar": 2}');
  });
});

describe('a condition', () => {
  const tag = studentTag('20');
  const isGone = refused('condition', 'has changed');
  const isThere = refused('condition', 'there already');
  test.each<[string, Change, object]>([
    ['the tag is the one', set('Ahmed', 1, { match: ['x', tag] }), done(0, 1, 0)],
    ['it is another one', set('Ahmed', 1, { match: ['x'] }), isGone],
    ['it was the one, of a number', set('Ahmed', 1, { match: [studentTag(20)] }), isGone],
    ['it is there', set('Ahmed', null, { match: ['*'] }), done(0, 0, 1)],
    ['it is not there', set('Omar', 1, { match: ['*'] }), isGone],
    ['nothing is there to remove', set('Omar', null, { match: ['*'] }), done(0, 0, 0)],
    ['it is not there yet', set('Omar', 1, { noneMatch: ['*'] }), done(1, 0, 0)],
    ['it is there already', set('Ahmed', 1, { noneMatch: ['*'] }), isThere],
    ['it is not another one', set('Ahmed', 1, { noneMatch: ['x', tag] }), isThere],
    ['it is another one now', set('Ahmed', 1, { noneMatch: ['x'] }), done(0, 1, 0)],
  ])('is judged: %s', async (_what, change, outcome) => {
    expect(await write(change)).toEqual([outcome]);
    if ('refused' in outcome) expect(await text()).toBe(GOOD);
  });

  test('is judged on what the changes before have left: of two with one tag, one succeeds', async () => {
    const both = [set('Ahmed', 1, { match: [tag] }), set('Ahmed', 2, { match: [tag] })];
    expect(await write(...both)).toEqual([done(0, 1, 0), isGone]);
    expect(await text()).toContain('"Ahmed": 1,');
  });
});

describe('nothing is changed, and the reason is said', () => {
  test.each([
    ['broken', '{"Ahmed": 2', 'student_age.json, line 1, column 12: expected'],
    ['no UTF-8', Buffer.from('{"\xff": 2}', 'latin1'), 'is not UTF-8'],
    ['empty, as an editor leaves it for a moment', '', "expected '{', but the file ends"],
  ])('when the file is %s', async (_how, content, reason) => {
    await writeFile(file, content);
    expect(await write(set('Ahmed', 1), set('Omar', 1))).toEqual([
      refused('broken', reason),
      refused('broken', reason),
    ]);
    expect(await readFile(file)).toEqual(Buffer.from(content));
  });

  test('when the file is gone', async () => {
    await rm(file);
    expect(await write(set('Ahmed', 1))).toEqual([
      refused('broken', 'is missing; put the list there'),
    ]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('when the file is removed while the new one is being written', async () => {
    jest.spyOn(fs, 'stat').mockImplementationOnce(async (path) => {
      await rm(path);
      return stat(path);
    });
    const outcomes = await write(set('Ahmed', 1));
    expect(outcomes).toEqual([refused('broken', `${file} was removed meanwhile`)]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('when the list is full, which does not hold up others', async () => {
    await writeFile(file, `{${Array.from({ length: 200_000 }, (_, i) => `"${i}": 20`)}}`);
    const full = refused('full', 'it has at most 200000 students');
    const exchange = { ages: new Map(Object.entries({ new: 1, 0: null })) };
    expect(await write(set('Omar', 1), exchange, set('1', 3))).toEqual([
      full,
      done(1, 0, 1),
      done(0, 1, 0),
    ]);
    expect(await text()).not.toContain('Omar');
  });

  test('when the file would be too large', async () => {
    const content = GOOD + ' '.repeat(MAX_FILE_BYTES - GOOD.length);
    await writeFile(file, content);
    expect(await write(set('Omar', 1))).toEqual([
      refused('full', `its file has at most ${MAX_FILE_BYTES} bytes`),
    ]);
    expect((await stat(file)).size).toBe(MAX_FILE_BYTES);
    expect(await write(set('Sara', 9))).toEqual([done(0, 1, 0)]);
  }, 30_000); // three times 64 MiB

  test.each(['folder', 'file'])('when the %s may not be written', async (what) => {
    expect(await whyReadOnly(file)).toBeUndefined();
    const path = what === 'folder' ? folder : file;
    await chmod(path, what === 'folder' ? 0o555 : 0o444);
    if (isRoot) {
      // To whom all is allowed; and `access` asks for the user that the process was started by.
      process.seteuid?.(65534);
      const forbidden = Object.assign(new Error(), { code: 'EACCES' });
      jest.spyOn(fs, 'access').mockImplementation(async (it, mode) => {
        if (it === path && mode === constants.W_OK) throw forbidden;
      });
    }
    const reason = `may not change ${path}; it belongs to user`;
    expect(await whyReadOnly(file)).toContain(reason);
    expect(await write(set('Ahmed', 1))).toEqual([refused('read-only', reason)]);
    expect(await text()).toBe(GOOD);
  });

  test('when the folder is in one that is mounted read-only', async () => {
    jest.spyOn(fs, 'access').mockRejectedValue(Object.assign(new Error(), { code: 'EROFS' }));
    expect(await whyReadOnly(file)).toContain(`${folder} is mounted read-only`);
  });

  test('an error that nobody foresaw is thrown', async () => {
    // A name so long that no temporary file can be beside it.
    file = join(folder, `${'x'.repeat(250)}`);
    await writeFile(file, GOOD);
    await expect(write(set('Ahmed', 1))).rejects.toThrow('ENAMETOOLONG');
  });
});

describe('the new file', () => {
  test('has the mode of the old one', async () => {
    await chmod(file, 0o640);
    await write(set('Ahmed', 1));
    expect((await stat(file)).mode & 0o7777).toBe(0o640);
  });

  const asRoot = isRoot ? test : test.skip;
  asRoot('has the owner and the group of the old one', async () => {
    await chown(file, 1234, 5678);
    expect(await write(set('Ahmed', 1))).toEqual([done(0, 1, 0)]);
    expect(await stat(file)).toMatchObject({ uid: 1234, gid: 5678 });
  });

  asRoot('is not written where that owner cannot be kept', async () => {
    await chmod(folder, 0o777);
    await chmod(file, 0o666);
    process.seteuid?.(65534);
    const reason = `user 65534 may not change ${file}; it belongs to user 0, group 0, with mode 0666`;
    expect(await write(set('Ahmed', 1))).toEqual([refused('read-only', reason)]);
    expect(await text()).toBe(GOOD);
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  asRoot('is not written where the folder may not be opened to flush it', async () => {
    await chown(file, 65534, 0);
    await chown(folder, 65534, 0);
    await chmod(folder, 0o333);
    process.seteuid?.(65534);
    const outcomes = await write(set('Ahmed', 1));
    process.seteuid?.(0);
    expect(outcomes).toEqual([refused('read-only', 'user 65534 may not change')]);
    expect(await text()).toBe(GOOD);
  });

  test('is where a link leads, which stays', async () => {
    await mkdir(join(folder, 'elsewhere'));
    const target = join(folder, 'elsewhere', 'list.json');
    await link(file, target);
    await rm(file);
    await symlink('elsewhere/list.json', file);
    await write(set('Ahmed', 1));
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, 'utf8')).toContain('"Ahmed": 1,');
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(['list.json']);
  });

  test('is removed when it cannot be written to its end', async () => {
    function* failing() {
      yield Buffer.from('{');
      throw new Error('no space left');
    }
    const version = await fileVersion(file);
    await expect(replaceFile(file, version, failing())).rejects.toThrow('no space left');
    expect(await text()).toBe(GOOD);
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  test('does not take the place of one that was changed meanwhile', async () => {
    const version = await fileVersion(file);
    await writeFile(file, 'by hand\n');
    expect(await replaceFile(file, version, [Buffer.from('{}')])).toBe(false);
    expect(await text()).toBe('by hand\n');
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });
});

test('what a crash has left beside the list is removed, and nothing else', async () => {
  const others = ['.student_age.json.swp', 'student_age.json.new-1', '.other.json.new-1'];
  for (const name of [...others, '.student_age.json.new-1'])
    await writeFile(join(folder, name), '{');
  await removeLeftovers(file);
  expect((await readdir(folder)).sort()).toEqual([...others, 'student_age.json'].sort());
  await removeLeftovers(join(folder, 'none', 'student_age.json'));
});
