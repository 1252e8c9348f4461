import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe } from '@jest/globals';
import { pino } from 'pino';
import { toFile } from '../../test/any-students';
import { testStore } from '../../test/store-contract';
import type { StudentStore } from '../students/store';
import { openFileStore } from './store';

describe('the list in a file', () => {
  const opened: [store: StudentStore, folder: string][] = [];

  afterEach(async () => {
    for (const [store, folder] of opened.splice(0)) {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });

  testStore(async (students) => {
    const folder = await mkdtemp(join(tmpdir(), 'contract-'));
    const file = join(folder, 'student_age.json');
    await writeFile(file, toFile(students, ['\n', ' ']));
    const store = await openFileStore(file, pino({ level: 'silent' }));
    opened.push([store, folder]);
    return store;
  });
});
