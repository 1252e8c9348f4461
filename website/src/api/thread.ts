import { on, once } from 'node:events';
import { isMainThread, type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { type PreparedList, prepareList, type Students } from '../students/students';
import { ApiError } from './error';
import { parseStudentList, type ResponseBody } from './response';

/** Reads the list from the API's response, and holds it. @throws ApiError when it is not a list */
export type ReadStudents = (response: ResponseBody) => Promise<Students>;

/** What a thread is asked for. */
type Call = {
  [Method in keyof PreparedList]: [Method, ...Parameters<PreparedList[Method]>];
}[keyof PreparedList];

/** What a thread's heap may take, in MB: the longest list takes 200. Beyond it, the thread ends. */
const HEAP_MB = 256;

/**
 * Creates a reader that gives each list a thread of its own: one of 200,000 students would hold up all
 * requests for a second. The thread does one thing at a time.
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

    /** Asks the thread when it is free. */
    function ask<T>(call: Call, isWanted: () => boolean): Promise<T | undefined> {
      const answer = turn.then(() => {
        if (isLost || !isWanted()) return undefined;
        thread.postMessage(call);
        return nextMessage<T>();
      });
      turn = answer.catch(() => {});
      return answer;
    }

    return {
      excerpt: (query, isWanted) => ask(['excerpt', query], isWanted),
      csvPart: (query, start, isWanted) => ask(['csvPart', query, start], isWanted),
      compare: (text, isWanted) => ask(['compare', text], isWanted),
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
  const list = prepareList(await parseStudentList(receive(port)));
  port.on('message', (call: Call) => {
    if (call[0] === 'excerpt') port.postMessage(list.excerpt(call[1]));
    else if (call[0] === 'csvPart') port.postMessage(list.csvPart(call[1], call[2]));
    else port.postMessage(list.compare(call[1]));
  });
  port.postMessage(undefined);
}

async function* receive(port: MessagePort): AsyncGenerator<Uint8Array> {
  for await (const [chunk] of on(port, 'message')) {
    if (chunk === undefined) return;
    yield chunk;
  }
}
