import { stat } from 'node:fs/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Change, Outcome } from './change';
import { type Loaded, type LoadList, loadList } from './load';
import { type WriteChanges, writeChanges } from './write';

/** Up to so many bytes, and changes of so many students, take less time than to start a thread. */
const SHORT = { bytes: 32 * 1024, ages: 1_000 };

/** What is done with the file of a list, in whatever thread. */
export interface ListFile {
  readonly load: LoadList;
  readonly write: WriteChanges;
}

/**
 * Reads and changes a file in a thread of its own, unless little is to be done: a list of 100,000 students
 * would hold up all requests for 400 ms.
 *
 * @param program the path of this file's bundle, which is what the thread runs
 * @returns both; they throw when the thread ends without a result, out of memory for example
 */
export function inThread(program: string): ListFile {
  function run<T>(file: string, changes?: readonly Change[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const thread = new Worker(program, { workerData: { file, changes } });
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`the list's thread ended with ${code}`)));
    });
  }
  return {
    load: async (file) => ((await isShort(file)) ? loadList(file) : run<Loaded>(file)),
    async write(file, changes) {
      const isLittle = changes.reduce((sum, { ages }) => sum + ages.size, 0) <= SHORT.ages;
      return isLittle && (await isShort(file))
        ? writeChanges(file, changes)
        : run<Outcome[]>(file, changes);
    },
  };
}

function isShort(file: string): Promise<boolean> {
  return stat(file).then(
    ({ size }) => size <= SHORT.bytes,
    () => true,
  );
}

if (!isMainThread) void work(workerData);

async function work({ file, changes }: { file: string; changes?: readonly Change[] }) {
  if (changes) {
    parentPort?.postMessage(await writeChanges(file, changes));
    return;
  }
  const loaded = await loadList(file);
  const { list } = loaded;
  parentPort?.postMessage(loaded, list ? [list.json.buffer, list.gzip.buffer] : []);
}
