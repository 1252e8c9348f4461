import type { Logger } from 'pino';
import { fileVersion, StudentFileError } from './file';
import type { LoadList, SerialisedList } from './load';

/** The time between two looks at the file, in ms: a change must show within two seconds. */
const POLL_INTERVAL_MS = 400;

/**
 * A load may fail for a reason that passes, such as too little memory. It is tried again after so many
 * times the time that it took, and so never takes more than a tenth of a processor.
 */
const RETRY_FACTOR = 10;

/** Holds the list that is served, and follows the file it comes from. */
export interface StudentStore {
  /** The last complete valid list; undefined while there has been none. */
  list(): SerialisedList | undefined;
  /** What is wrong with the file now, in words; undefined while nothing is. */
  problem(): string | undefined;
  /** Resolves once the file has been looked at for the first time, whatever came of it. */
  readonly opened: Promise<void>;
  close(): void;
}

/**
 * Reads the list and follows its file, by looking at it again and again: notifications of changes
 * do not come through every bind mount. A new version replaces the list as a whole, or, when
 * something is wrong with it, not at all.
 *
 * @param logger is told of each new list and of each problem, once
 */
export function openStudentStore(file: string, load: LoadList, logger: Logger): StudentStore {
  let list: SerialisedList | undefined;
  let problem: string | undefined;
  /** What came of the version that was read last, and until when that stands. */
  let known: { version: string; problem?: string | undefined; until: number } | undefined;
  let closed = false;

  /** Returns what is wrong. */
  async function look(): Promise<string | undefined> {
    const start = performance.now();
    try {
      if (known && (await fileVersion(file)) === known.version && start < known.until) {
        return known.problem;
      }
      known = undefined;
      const { list: next, problem, version } = await load(file);
      if (version) known = { version, problem, until: Number.POSITIVE_INFINITY };
      if (next) take(next);
      return problem;
    } catch (error) {
      if (error instanceof StudentFileError) return error.message;
      const problem = `${file} cannot be loaded: ${error}`;
      const now = performance.now();
      const version = await fileVersion(file).catch(() => '');
      known = { version, problem, until: now + RETRY_FACTOR * (now - start) };
      return problem;
    }
  }

  function take(next: SerialisedList): void {
    if (next.digest !== list?.digest) {
      logger.info({ file, students: next.students }, 'serving a new list');
    }
    const isReplaced = list !== undefined;
    list = next;
    // With --expose-gc, as in the image. V8 does not know how large the old list was, which came from
    // another thread, and would keep several of them.
    if (isReplaced) globalThis.gc?.();
  }

  function report(found: string | undefined): void {
    if (found === problem) return;
    problem = found;
    const served = list ? 'still serving the last good list' : 'there is no list to serve';
    if (found) logger.error({ file }, `${found}; ${served}`);
    else logger.info({ file }, 'nothing is wrong with the list any more');
  }

  /** @param before what the look before this one found */
  function followFile(before: string | undefined): void {
    setTimeout(async () => {
      if (closed) return;
      const found = await look();
      // A file that is being written looks broken for a moment: a problem must be seen twice.
      if (found === undefined || found === before) report(found);
      followFile(found);
    }, POLL_INTERVAL_MS).unref(); // it is the server that keeps the process alive
  }

  const opened = look().then((found) => {
    report(found);
    followFile(found);
  });

  return {
    opened,
    list: () => list,
    problem: () => problem,
    close() {
      closed = true;
    },
  };
}
