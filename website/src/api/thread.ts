import { on, once } from 'node:events';
import { isMainThread, type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { createExcerpts, type Excerpt, type Students } from '../students/students';
import { ApiError } from './error';
import { parseStudentList, type ResponseBody } from './response';

/** Reads the list from the API's response, and holds it. @throws ApiError when it is not a list */
export type ReadStudents = (response: ResponseBody) => Promise<Students>;

/** What a thread's heap may take, in MB: the longest list takes 200. Beyond it, the thread ends. */
const HEAP_MB = 256;

/**
 * Creates a reader that gives each list a thread of its own: one of 200,000 students would hold up all
 * requests for a second. The thread makes one excerpt at a time.
 *
 * @param program the path of this file's bundle, which is what the thread runs
 */
export function readInThread(program: string): ReadStudents {
  return async (response) => {
    const thread = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    thread.unref(); // it is the server that keeps the process alive
    let isLost = false;
    thread.on('error', () => {
      isLost = true;
    });

    async function nextMessage<T>(): Promise<T> {
      const [message] = await once(thread, 'message').catch((error) => {
        throw new ApiError('nonsense', error.message);
      });
      return message;
    }

    const read = nextMessage();
    read.catch(() => {}); // it may fail before the response is complete
    try {
      for await (const part of response) {
        const bytes = new Uint8Array(part); // of its own: it may be a piece of something large
        thread.postMessage(bytes, [bytes.buffer]);
      }
      thread.postMessage(undefined);
      await read;
    } catch (error) {
      await thread.terminate();
      throw error;
    }

    let turn: Promise<unknown> = read;
    return {
      excerpt(query, isWanted) {
        const excerpt = turn.then(() => {
          if (isLost || !isWanted()) return undefined;
          thread.postMessage(query);
          return nextMessage<Excerpt>();
        });
        turn = excerpt.catch(() => {});
        return excerpt;
      },
      isLost: () => isLost,
      async close() {
        isLost = true;
        await turn;
        await thread.terminate();
      },
    };
  };
}

if (!isMainThread && parentPort) void serve(parentPort);

/** What the thread does. It ends with the first error. */
async function serve(port: MessagePort): Promise<void> {
  const excerptOf = createExcerpts(await parseStudentList(receive(port)));
  port.on('message', (query) => port.postMessage(excerptOf(query)));
  port.postMessage(undefined);
}

async function* receive(port: MessagePort): AsyncGenerator<Uint8Array> {
  for await (const [chunk] of on(port, 'message')) {
    if (chunk === undefined) return;
    yield chunk;
  }
}
