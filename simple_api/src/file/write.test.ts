import { execFileSync, spawnSync } from 'node:child_process';
import syncFs, { constants } from 'node:fs';
import fs, {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../test/eventually';
import { served, useListFile } from '../../test/list-file';
import type { StudentStore } from '../students/store';
import type { Age } from '../students/student';
import { MAX_FILE_BYTES, MAX_STUDENTS } from './layout';
import { whyReadOnly } from './read-only';

const GOOD = '{\n  "Ahmed": "20",\n  "Sara": 23\n}\n';
const isInstalled = (program: string) => !spawnSync(program, ['--version']).error;
const isRoot = process.geteuid?.() === 0;
const list = useListFile();
let [store, file, folder] = [{} as StudentStore, '', ''];

beforeEach(async () => {
  ({ store, file } = await list.open(GOOD));
  folder = list.folder();
});
afterEach(() => {
  jest.restoreAllMocks();
});

const text = () => readFile(file, 'utf8');
const set = (...ages: [name: string, age: Age | null][]) => store.change({ ages: new Map(ages) });
const refused = (refused: string, reason: string) => ({
  refused,
  reason: expect.stringContaining(reason),
});

describe('changes', () => {
  test('show when they are on the disk, and leave nothing else there', async () => {
    for (const age of [31, 32, 33]) {
      expect(await set(['Ahmed', age])).toMatchObject({ added: 0, changed: 1, removed: 0 });
      expect(JSON.parse(await text())).toEqual({ Ahmed: age, Sara: 23 });
      expect(await served(store)).toEqual({ Ahmed: age, Sara: 23 });
    }
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  test('that wait share a write, also after an error that nobody foresaw', async () => {
    const renamed = jest.spyOn(fs, 'rename').mockRejectedValueOnce(new Error('EIO'));
    const failed = await Promise.allSettled([set(['a', 1]), set(['b', 1])]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await Promise.all(Array.from({ length: 50 }, (_, i) => set([`${i}`, 1])));
    expect(renamed.mock.calls.length).toBeLessThanOrEqual(3);
    expect(await store.health()).toMatchObject({ students: 52 });
  });

  test('to a file that nobody else has touched read nothing again', async () => {
    const opened = jest.spyOn(fs, 'open');
    const reads = () => opened.mock.calls.filter(([path]) => path === file).length;
    await set(['Ahmed', 1]);
    await set(['Omar', 2]);
    expect(reads()).toBe(0);
    await writeFile(file, '{"by hand": 1}');
    await set(['Omar', 2]);
    expect(reads()).toBeGreaterThan(0); // the look every 400 ms may have seen half of it before
    expect(await text()).toBe('{"by hand": 1, "Omar": 2}');
  });

  test('that change nothing write nothing', async () => {
    const before = await stat(file);
    expect(await set(['Sara', 23], ['nobody', null])).toMatchObject({ changed: 0, removed: 0 });
    expect(await stat(file)).toEqual(before);
  });

  test('are made again to a file that is replaced while they are being written', async () => {
    const { open } = fs;
    jest.spyOn(fs, 'open').mockImplementationOnce(async (...args) => {
      await writeFile(file, '{"by hand": 1}');
      return open(...args);
    });
    expect(await set(['Omar', 2])).toMatchObject({ added: 1 });
    expect(await text()).toBe('{"by hand": 1, "Omar": 2}');
  });

  test('are made again when another API, at its start, takes away what is being written', async () => {
    const { rename } = fs;
    jest.spyOn(fs, 'rename').mockImplementationOnce(async (...paths) => {
      await list.open(undefined, file);
      return rename(...paths);
    });
    expect(await set(['Omar', 2])).toMatchObject({ added: 1 });
  });

  test.each(['readFile', 'close'] as const)('wait for an editor that saves at a %s', async (at) => {
    const { open } = fs;
    await writeFile(file, '');
    jest.spyOn(fs, 'open').mockImplementationOnce(async (...args) => {
      const handle = await open(...args);
      const [read, close] = [handle.readFile.bind(handle), handle.close.bind(handle)];
      const save = () => writeFile(file, '{"by hand": 1}');
      const then = { readFile: () => read().finally(save), close: () => close().finally(save) };
      return Object.assign(handle, { [at]: then[at] });
    });
    expect(await set(['Omar', 2])).toMatchObject({ added: 1 });
    expect(await text()).toBe('{"by hand": 1, "Omar": 2}');
  });

  test.each(['EINVAL', 'ENOTSUP'])(
    'are made on a share where a folder has no flush, but %s, and a file has no mode or owner to set',
    async (code) => {
      const { open } = fs;
      const not = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
      jest.spyOn(fs, 'open').mockImplementation(async (...args) => {
        const handle = await open(...args);
        const rights = { chmod: () => not('EPERM'), chown: () => not('EPERM') };
        return Object.assign(handle, rights, args[0] === folder && { sync: () => not(code) });
      });
      expect(await set(['Ahmed', 1])).toMatchObject({ changed: 1 });
      expect(await store.whyReadOnly()).toBeUndefined();
    },
  );

  test('do not hide what is done to the new file while it is being flushed', async () => {
    const { rename } = fs;
    jest.spyOn(fs, 'rename').mockImplementationOnce(async (...paths) => {
      await rename(...paths);
      await writeFile(file, '{"by hand": 1}');
    });
    expect(await set(['Omar', 2])).toMatchObject({ added: 1 });
    await eventually(async () => expect(await served(store)).toEqual({ 'by hand': 1 }));
    await set(['Sara', 3]);
    expect(await text()).toBe('{"by hand": 1, "Sara": 3}');
  });
});

describe('nothing is changed, and the reason is said', () => {
  test.each([
    ['broken', '{"Ahmed": 2', 'student_age.json, line 1, column 12: expected'],
    ['no UTF-8', Buffer.from('{"\xff": 2}', 'latin1'), 'is not UTF-8'],
    ['empty, as an editor leaves it for a moment', '', "expected '{', but the text ends"],
  ])('when the file is %s', async (_how, content, reason) => {
    await writeFile(file, content);
    expect(await set(['Ahmed', 1])).toEqual(refused('broken', reason));
    expect(await readFile(file)).toEqual(Buffer.from(content));
  });

  test('when the file is gone', async () => {
    await rm(file);
    expect(await set(['Ahmed', 1])).toEqual(refused('broken', 'is missing; put the list there'));
    expect(await readdir(folder)).toEqual([]);
  });

  test('when the list is full, which does not hold up others', async () => {
    const members = Array.from({ length: MAX_STUDENTS }, (_, i) => `"${i}": 20`);
    await writeFile(file, `{${members}}`);
    const full = refused('full', 'it has at most 30000 students');
    const all = [set(['Omar', 1]), set(['new', 1], ['0', null]), set(['1', 3])];
    expect(await Promise.all(all)).toMatchObject([full, { added: 1 }, { changed: 1 }]);
    expect(await text()).not.toContain('Omar');
  });

  test('when the file would be too long', async () => {
    await writeFile(file, GOOD + ' '.repeat(MAX_FILE_BYTES - GOOD.length));
    expect(await set(['Omar', 1])).toEqual(refused('full', 'at most 30,000 students and 4 MiB'));
    expect((await stat(file)).size).toBe(MAX_FILE_BYTES);
    const all = [set(['Ahmed', '9']), set(['Omar', 1]), set(['nobody', null]), set(['Sara', 9])];
    const full = refused('full', 'at most 30,000 students and 4 MiB');
    const changed = { changed: 1 };
    expect(await Promise.all(all)).toMatchObject([changed, full, { removed: 0 }, changed]);
  });

  test.each([
    ['ENOSPC', refused('no space', 'There is no space left')],
    ['EROFS', refused('read-only', 'may not change')],
    ['EPERM', refused('read-only', 'may not change')],
  ])('when the file system says %s', async (code, reason) => {
    jest.spyOn(fs, 'rename').mockRejectedValueOnce(Object.assign(new Error(), { code }));
    expect(await set(['Ahmed', 1])).toEqual(reason);
    expect(await text()).toBe(GOOD);
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  test('when names in the folder can be added, but not taken away, as after chattr +a', async () => {
    const renamed = jest.spyOn(fs, 'rename');
    renamed.mockRejectedValue(Object.assign(new Error(), { code: 'EPERM' }));
    expect(await set(['Ahmed', 1])).toEqual(refused('read-only', 'see lsattr'));
    await eventually(async () => expect(await store.whyReadOnly()).toContain('see lsattr'));
    renamed.mockRestore();
    await writeFile(join(folder, 'other'), ''); // changes the folder's ctime, as chattr does
    await eventually(async () => expect(await store.whyReadOnly()).toBeUndefined());
  });

  test('when the folder that is mounted was moved or deleted on the host', async () => {
    const mounts = (source: string, id = 1) =>
      `${id} 2 0:3 ${source} ${folder} rw - ext4 /dev/x rw\n`;
    const read = jest.spyOn(syncFs, 'readFileSync').mockReturnValue(mounts('/clone/data'));
    const { store, lines } = await list.open(undefined, file);
    const reason = expect.stringContaining('docker compose up -d --force-recreate');
    for (const source of ['/clone/data-old', '/clone/data//deleted']) {
      read.mockReturnValue(mounts(source));
      const refused = store.change({ ages: new Map([['Ahmed', 1]]) });
      expect(await refused).toEqual({ refused: 'read-only', reason });
      await eventually(async () =>
        expect(await store.health()).toEqual({ students: 2, problem: reason }),
      );
      expect(await store.whyReadOnly()).toEqual(reason);
      expect(lines.at(-1)).toContain('was moved or deleted on the host');
      read.mockReturnValue(mounts('/clone/data') + mounts('/elsewhere', 3));
      await eventually(async () => expect((await store.health()).problem).toBeUndefined());
    }
    expect(await store.whyReadOnly()).toBeUndefined();
  });

  test('and once it is closed, nothing is tried in the folder any more', async () => {
    let [isTried, goOn] = [false, () => {}];
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    jest.spyOn(fs, 'rename').mockImplementationOnce(async (...paths) => {
      isTried = true;
      await gate;
      await rename(...paths);
    });
    await chmod(folder, 0o750); // so that the next look tries anew whether the list can be replaced
    await eventually(() => expect(isTried).toBe(true));
    const closed = store.close();
    goOn();
    await closed;
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  test('not of a folder that goes while that is found out', async () => {
    jest.spyOn(fs, 'rename').mockImplementationOnce(() => rm(folder, { recursive: true }));
    expect(await whyReadOnly(file)).toBeUndefined();
    await mkdir(folder);
  });

  test('but not where it has happened, and only the flush of the folder failed', async () => {
    const { open } = fs;
    jest.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
      if (args[0] === folder) jest.spyOn(handle, 'sync').mockRejectedValue(full);
      return handle;
    });
    await expect(set(['Ahmed', 1])).rejects.toThrow('perhaps not yet on the disk');
    await eventually(async () => expect(await served(store)).toMatchObject({ Ahmed: 1 }));
  });

  test.each(['folder', 'file'])('when the %s may not be written', async (what) => {
    expect(await store.whyReadOnly()).toBeUndefined();
    const path = what === 'folder' ? folder : file;
    await chmod(path, what === 'folder' ? 0o555 : 0o444);
    if (isRoot) {
      // To whom all is allowed; and `access` asks for the user that the process was started by.
      process.seteuid?.(65534);
      const forbidden = Object.assign(new Error(), { code: 'EACCES' });
      jest.spyOn(fs, 'access').mockImplementation(async (it, mode) => {
        if (it === path && mode === (constants.R_OK | constants.W_OK)) throw forbidden;
      });
    }
    const reason = `may not change ${path}; it belongs to user`;
    await eventually(async () => expect(await store.whyReadOnly()).toContain(reason));
    expect(await set(['Ahmed', 1])).toEqual(refused('read-only', reason));
    expect(await text()).toBe(GOOD);
  });

  test.each([
    ['the list is mounted by itself', () => file, 'rw', 'is mounted by itself'],
    ['its folder is mounted read-only', () => folder, 'ro', 'is mounted read-only'],
  ])('when %s', async (_what, path, how, reason) => {
    const mount = `1 2 0:3 /x ${path()} ${how},noatime - ext4 /dev/x rw\n`;
    jest.spyOn(syncFs, 'readFileSync').mockReturnValue(mount);
    const { lines } = await list.open(undefined, file);
    await eventually(() => expect(lines.at(-1)).toContain('the list is read-only: '));
    expect(await whyReadOnly(file)).toContain(reason);
  });
});

describe('the new file', () => {
  test('has the mode of the old one', async () => {
    await chmod(file, 0o640);
    await set(['Ahmed', 1]);
    expect((await stat(file)).mode & 0o7777).toBe(0o640);
  });

  const asRoot = isRoot ? test : test.skip;
  asRoot('has the owner and the group of the old one, also the second time', async () => {
    await chown(file, 1234, 5678);
    expect(await set(['Ahmed', 1])).toMatchObject({ changed: 1 });
    expect(await set(['Ahmed', 2])).toMatchObject({ changed: 1 });
    expect(await stat(file)).toMatchObject({ uid: 1234, gid: 5678 });
  });

  asRoot.each([
    ['owner', 0, 0],
    ['group', 65534, 5678],
  ])('is not written where that %s cannot be kept, and it is known before', async (_of, ...ids) => {
    await chmod(folder, 0o777);
    await chmod(file, 0o666);
    await chown(file, ...ids);
    process.seteuid?.(65534);
    const reason = `user 65534 may not change ${file}; it belongs to user ${ids[0]}, group ${ids[1]}`;
    expect(await whyReadOnly(file)).toContain(reason);
    expect(await set(['Ahmed', 1])).toEqual(refused('read-only', reason));
    expect(await text()).toBe(GOOD);
    expect(await readdir(folder)).toEqual(['student_age.json']);
  });

  asRoot('is not written where the folder may not be opened to flush it', async () => {
    await chown(file, 65534, 0);
    await chown(folder, 65534, 0);
    await chmod(folder, 0o333);
    process.seteuid?.(65534);
    expect(await set(['Ahmed', 1])).toEqual(refused('read-only', 'user 65534 may not change'));
    process.seteuid?.(0);
    expect(await text()).toBe(GOOD);
  });

  const withAcl = isInstalled('setfacl') ? test : test.skip;
  withAcl('would lose an access control list, of the file or the folder: read-only', async () => {
    for (const how of [
      ['-m', 'u:1234:rw', file],
      ['-d', '-m', 'u:1234:rw', folder],
    ]) {
      execFileSync('setfacl', how);
      await writeFile(file, GOOD);
      expect(await set(['Ahmed', 1])).toEqual(refused('read-only', 'has an access control list'));
      await eventually(async () => expect(await store.whyReadOnly()).toContain('setfacl -b'));
      execFileSync('setfacl', ['-b', file, folder]);
    }
    await writeFile(file, GOOD);
    expect(await set(['Ahmed', 1])).toMatchObject({ changed: 1 });
  });

  test('is where a link leads, which stays', async () => {
    await mkdir(join(folder, 'elsewhere'));
    const target = join(folder, 'elsewhere', 'list.json');
    await rename(file, target);
    await symlink('elsewhere/list.json', file);
    await set(['Ahmed', 1]);
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, 'utf8')).toContain('"Ahmed": 1,');
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(['list.json']);
  });
});

test('what a crash has left beside the list is removed, and nothing else', async () => {
  const others = ['.student_age.json.swp', 'student_age.json.new-1', '.other.json.new-1'];
  for (const name of [...others, '.student_age.json.new-1']) {
    await writeFile(join(folder, name), '{');
  }
  await list.open();
  expect((await readdir(folder)).sort()).toEqual([...others, 'student_age.json'].sort());
});
