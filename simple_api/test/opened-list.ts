import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore } from '../src/file/store';
import type { StudentStore } from '../src/students/store';
import { captureLog } from './captured-log';
import { closeAfter } from './closing';

/** Makes a folder for one test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'api-'));
  closeAfter(() => rm(folder, { recursive: true }));
  return folder;
}

/** Opens a store, for one test, of the list that a file with this text has. */
export async function openList(text: string): Promise<StudentStore> {
  const file = join(await makeFolder(), 'student_age.json');
  await writeFile(file, text);
  const store = await openFileStore(file, captureLog().logger);
  closeAfter(() => store.close());
  return store;
}
