import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach } from '@jest/globals';
import { openFileStore } from '../src/file/store';
import type { StudentStore } from '../src/students/store';
import type { Age } from '../src/students/student';
import { captureLog } from './captured-log';
import { closeAfter } from './closing';
import { makeFolder } from './opened-list';

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
    /** @param content of the file; none where it is not to be written */
    async open(content?: string | Buffer, file = join(folder, 'student_age.json')) {
      if (content !== undefined) await writeFile(file, content);
      const { logger, lines } = captureLog('info');
      const store = await openFileStore(file, logger);
      closeAfter(() => store.close());
      return { store, file, lines };
    },
  };
}

/** The list that a store serves, as an object. */
export async function served(store: StudentStore): Promise<Record<string, Age>> {
  const { students } = await store.query(ALL);
  return Object.fromEntries(students.map(({ name, age }) => [name, age]));
}

const ALL = { name: '', sort: 'name', order: 'asc', page: 1, size: 1_000 } as const;
