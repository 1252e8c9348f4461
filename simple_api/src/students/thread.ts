import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type LoadList, loadList } from './load';

/**
 * Creates a loader that does its work in a thread of its own: a list of 100,000 students would hold
 * up all requests for 400 ms.
 *
 * @param program the path of this file's bundle, which is what the thread runs
 * @returns the loader; it throws when the thread ends without a result, out of memory for example
 */
export function inThread(program: string): LoadList {
  return (file) =>
    new Promise((resolve, reject) => {
      const thread = new Worker(program, { workerData: file });
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`the loading thread ended with ${code}`)));
    });
}

if (!isMainThread) {
  void loadList(workerData).then((loaded) => {
    const { list } = loaded;
    parentPort?.postMessage(loaded, list ? [list.json.buffer, list.gzip.buffer] : []);
  });
}
