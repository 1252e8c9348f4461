import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach } from '@jest/globals';
import type { StudentStore } from '../src/students/store';
import type { Age } from '../src/students/student';
import { closeAfter } from './closing';
import { makeFolder, openFile } from './opened-list';

/** Gives each test a list's file in a folder of its own. */
export function useListFile() {
  let folder = '';

  beforeEach(async () => {
    folder = await makeFolder();
    await chmod(folder, 0o755);
    closeAfter(() => {
      if (process.getuid?.() === 0) process.seteuid?.(0); // where a test has given that up
      return chmod(folder, 0o755);
    });
  });

  return {
    folder: () => folder,
    file: () => join(folder, 'student_age.json'),
    open: (content?: string | Buffer, file = join(folder, 'student_age.json')) =>
      openFile(file, content),
  };
}

/** The list that a store serves, as an object. */
export async function served(store: StudentStore): Promise<Record<string, Age>> {
  const { students } = await store.query(ALL);
  return Object.fromEntries(students.map(({ name, age }) => [name, age]));
}

const ALL = { name: '', sort: 'name', order: 'asc', page: 1, size: 1_000 } as const;
