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

/** From so many bytes on, a list is long: what memory it took, a thread does not keep for the next time. */
const LONG_BYTES = 4 * 1024 * 1024;

/**
 * Does it in this thread, in which nothing else runs meanwhile.
 *
 * @param isRead whether the file is read as well
 */
export async function updateList(
  file: string,
  changes: readonly Change[],
  isRead = true,
): Promise<Updated> {
  const outcomes = changes.length > 0 ? await writeChanges(file, changes) : [];
  return { ...(isRead && (await loadList(file))), outcomes };
}

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

  return async function update(file, changes): Promise<Updated> {
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    const ages = changes.reduce((sum, change) => sum + change.ages.size, 0);
    if (size <= SHORT.bytes && ages <= SHORT.ages) return updateList(file, changes);

    const isLong = size >= LONG_BYTES;
    // The memory would not do for one thread that writes a long list and reads it.
    const isRead = !isLong || changes.length === 0;
    const thread = kept ?? new Worker(program);
    kept = undefined;
    try {
      const updated = await ask(thread, [file, changes, isRead]);
      if (!isLong) kept = thread;
      if (isRead) return updated;
      await thread.terminate();
      return { ...(await update(file, [])), outcomes: updated.outcomes };
    } finally {
      if (kept === thread)
        thread.unref(); // it is the server that keeps the process alive
      else void thread.terminate();
    }
  };
}

function ask(thread: Worker, task: Parameters<typeof updateList>): Promise<Updated> {
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
  parentPort?.on('message', async (task: Parameters<typeof updateList>) => {
    const updated = await updateList(...task);
    const { list } = updated;
    parentPort?.postMessage(updated, list ? [list.json.buffer, list.gzip.buffer] : []);
  });
}
