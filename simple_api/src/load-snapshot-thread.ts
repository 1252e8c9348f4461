// The thread that loads a long list; see load-snapshot.ts.
import { parentPort } from 'node:worker_threads';
import { loadHere, ownMemory, type ThreadAnswer } from './load-snapshot';
import { StudentListError } from './student-list';

parentPort?.once('message', async ({ buffer, byteOffset, byteLength }: Uint8Array) => {
  try {
    const snapshot = await loadHere(Buffer.from(buffer, byteOffset, byteLength));
    send({ snapshot }, ownMemory(snapshot.identity.body, snapshot.gzip.body));
  } catch (error) {
    if (!(error instanceof StudentListError)) throw error;
    const { reason, line, column } = error;
    send({ mistake: { reason, line, column } }, []);
  }
});

function send(answer: ThreadAnswer, memory: ArrayBuffer[]): void {
  parentPort?.postMessage(answer, memory);
}
