import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createSnapshot, type Representation, type Snapshot } from './snapshot';
import { parseStudentList, StudentListError } from './student-list';
import { decodeUtf8 } from './utf8-text';

/**
 * From how many bytes on a list is loaded in a thread of its own. One of 100,000 students would hold
 * up all requests for 400 ms; a short one is loaded before a thread has started.
 */
const THREAD_FROM_BYTES = 128 * 1024;

/** What the thread sends: the snapshot, or why the bytes are not a list. */
export type ThreadAnswer =
  | { readonly snapshot: Snapshot }
  | {
      readonly mistake: { readonly reason: string; readonly line: number; readonly column: number };
    };

/**
 * Loads a list: from the bytes of the file to the answers that are sent.
 *
 * @throws StudentListError when it is not a list
 */
export function loadSnapshot(bytes: Buffer): Promise<Snapshot> {
  return bytes.length < THREAD_FROM_BYTES ? loadHere(bytes) : loadInThread(bytes);
}

/** As {@link loadSnapshot}, in this thread. */
export async function loadHere(bytes: Buffer): Promise<Snapshot> {
  return createSnapshot(parseStudentList(decodeUtf8(bytes)));
}

function loadInThread(bytes: Buffer): Promise<Snapshot> {
  return new Promise((resolve, reject) => {
    // The same path from src/, in the tests, and from dist/.
    const thread = new Worker(join(__dirname, '../dist/load-snapshot-thread.js'));
    thread.postMessage(bytes, ownMemory(bytes));
    thread.once('message', (answer: ThreadAnswer) => {
      if ('snapshot' in answer) {
        resolve(withBuffers(answer.snapshot));
      } else {
        const { reason, line, column } = answer.mistake;
        reject(new StudentListError(reason, line, column));
      }
    });
    // It may run out of memory, which does no harm to this one.
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the loading thread ended with ${code}`)));
  });
}

/**
 * The memory that buffers have for themselves, to be handed to another thread instead of copied: a
 * long list is large. Short buffers share theirs with others.
 */
export function ownMemory(...buffers: Buffer[]): ArrayBuffer[] {
  return buffers.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : [],
  );
}

/** Makes buffers of the plain byte arrays that buffers become on their way between threads. */
function withBuffers({ students, identity, gzip }: Snapshot): Snapshot {
  const toBuffer = ({ body, ...rest }: Representation): Representation => ({
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    ...rest,
  });
  return { students, identity: toBuffer(identity), gzip: toBuffer(gzip) };
}
