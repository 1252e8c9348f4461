import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadList, type SerialisedList } from '../src/students/load';

/** Loads a list as from a file with this text. */
export async function loadText(text: string): Promise<SerialisedList> {
  const folder = await mkdtemp(join(tmpdir(), 'list-'));
  try {
    const file = join(folder, 'student_age.json');
    await writeFile(file, text);
    const { list, problem } = await loadList(file);
    if (!list) throw new Error(problem);
    return list;
  } finally {
    await rm(folder, { recursive: true });
  }
}
