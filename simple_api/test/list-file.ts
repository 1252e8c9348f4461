import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { openFileStore } from '../src/file/store';
import type { StudentStore } from '../src/students/store';
import type { Age } from '../src/students/student';
import { captureLog } from './captured-log';

/** Gives each test a folder of its own, and closes the stores that it opens there. */
export function useListFile() {
  let folder = '';
  const stores: StudentStore[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'student-list-'));
    await chmod(folder, 0o755);
  });
  afterEach(async () => {
    if (process.getuid?.() === 0) process.seteuid?.(0); // where a test has given that up
    for (const store of stores.splice(0)) await store.close();
    await chmod(folder, 0o755);
    await rm(folder, { recursive: true });
  });

  return {
    folder: () => folder,
    file: () => join(folder, 'student_age.json'),
    /** @param content of the file; none where it is not to be written */
    async open(content?: string | Buffer, file = join(folder, 'student_age.json')) {
      if (content !== undefined) await writeFile(file, content);
      const { logger, lines } = captureLog('info');
      const store = await openFileStore(file, logger);
      stores.push(store);
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
