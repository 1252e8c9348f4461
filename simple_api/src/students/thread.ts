import { stat } from 'node:fs/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Change, Outcome } from './change';
import { type Loaded, loadList } from './load';
import { writeChanges } from './write';

/** What came of changes, and of reading the file after them. */
export interface Updated extends Loaded {
  /** One for each change. */
  readonly outcomes: readonly Outcome[];
}

/** Writes the changes, if there are any, to a list's file, and reads it. */
export type UpdateList = (file: string, changes: readonly Change[]) => Promise<Updated>;

/** From so many bytes on, a list is long: memory that it took is not kept for the next time. */
const LONG_BYTES = 4 * 1024 * 1024;

/** Does it in this thread, in which nothing else runs meanwhile. */
export const updateList: UpdateList = async (file, changes) => {
  const outcomes = changes.length > 0 ? await writeChanges(file, changes) : [];
  // With --expose-gc, as in the image: a long list would be in the memory twice.
  if (!isMainThread && process.memoryUsage().external > LONG_BYTES) globalThis.gc?.();
  return { ...(await loadList(file)), outcomes };
};

/** Up to so many bytes, and changes of so many students, take less time than the start of a thread. */
const SHORT = { bytes: 32 * 1024, ages: 1_000 };

/**
 * Does it in a thread of its own, unless there is little to do: a list of 100,000 students would hold up
 * all requests for 400 ms.
 *
 * @param program the path of this file's bundle, which is what the thread runs
 * @returns a function that is called once at a time; it throws when the thread ends without a result,
 *   out of memory for example
 */
export function inThread(program: string): UpdateList {
  /** Started already, and free. */
  let kept: Worker | undefined;

  return async (file, changes) => {
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    const ages = changes.reduce((sum, change) => sum + change.ages.size, 0);
    if (size <= SHORT.bytes && ages <= SHORT.ages) return updateList(file, changes);

    const thread = kept ?? new Worker(program);
    kept = undefined;
    try {
      const updated = await ask(thread, [file, changes]);
      if (size < LONG_BYTES) kept = thread;
      return updated;
    } finally {
      if (kept)
        thread.unref(); // it is the server that keeps the process alive
      else void thread.terminate();
    }
  };
}

function ask(thread: Worker, task: Parameters<UpdateList>): Promise<Updated> {
  return new Promise((resolve, reject) => {
    thread.removeAllListeners(); // those of its last task
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the list's thread ended with ${code}`)));
    thread.ref();
    thread.postMessage(task);
  });
}

if (!isMainThread) {
  parentPort?.on('message', async ([file, changes]: Parameters<UpdateList>) => {
    const updated = await updateList(file, changes);
    const { list } = updated;
    parentPort?.postMessage(updated, list ? [list.json.buffer, list.gzip.buffer] : []);
  });
}
