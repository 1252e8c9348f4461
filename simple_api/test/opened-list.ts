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

/** Opens a file's store for one test. @param content of the file; none where it is not to be written */
export async function openFile(file: string, content?: string | Buffer) {
  if (content !== undefined) await writeFile(file, content);
  const { logger, lines } = captureLog('info');
  const store = await openFileStore(file, logger);
  closeAfter(() => store.close());
  return { store, file, lines };
}

/** Opens a store, for one test, of the list that a file with this text has. */
export async function openList(text: string): Promise<StudentStore> {
  return (await openFile(join(await makeFolder(), 'student_age.json'), text)).store;
}
