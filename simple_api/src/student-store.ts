import type { Logger } from 'pino';
import { loadSnapshot } from './load-snapshot';
import type { Snapshot } from './snapshot';
import { fileVersion, readStudentFile } from './student-file';
import { StudentListError } from './student-list';

/** The time between two looks at the file, in ms: a change must show within two seconds. */
const POLL_INTERVAL_MS = 400;

/** Holds the list that is served, and follows the file it comes from. */
export interface StudentStore {
  /** The last complete valid list; undefined while there has been none. */
  snapshot(): Snapshot | undefined;
  /** What is wrong with the file now, in words; undefined while nothing is. */
  problem(): string | undefined;
  /** Stops following the file. */
  close(): void;
}

/**
 * Reads the list and follows its file, by looking at it again and again: notifications of changes
 * do not come through every bind mount. A new version replaces the snapshot as a whole, or, when
 * something is wrong with it, not at all.
 *
 * @param file the path of the list
 * @param logger told of each new list and of each problem, once
 * @returns once the file has been looked at for the first time, whatever came of it
 */
export async function openStudentStore(file: string, logger: Logger): Promise<StudentStore> {
  let snapshot: Snapshot | undefined;
  let problem: string | undefined;
  /** The version that was read last, which needs no second reading, and what is wrong with it. */
  let known: { version: string; problem: string | undefined } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** Looks at the file, takes its list if it is a new one, and returns what is wrong. */
  async function look(): Promise<string | undefined> {
    try {
      if ((await fileVersion(file)) === known?.version) return known.problem;
      const { bytes, version, unlinked } = await readStudentFile(file);
      known = { version, problem: await load(bytes) };
      if (unlinked) {
        known.problem ??= `${file} was replaced on the host, but this container still sees the old file; mount its folder instead of the file`;
      }
      return known.problem;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async function load(bytes: Buffer): Promise<string | undefined> {
    try {
      const next = await loadSnapshot(bytes);
      if (next.identity.etag !== snapshot?.identity.etag) {
        logger.info({ file, students: next.students }, 'serving a new list');
      }
      snapshot = next;
      return undefined;
    } catch (error) {
      if (error instanceof StudentListError) return `${file}, ${error.message}`;
      // Out of memory, say: tried again when the file changes.
      return `${file} cannot be loaded: ${error}`;
    }
  }

  function report(found: string | undefined): void {
    if (found === problem) return;
    problem = found;
    if (!found) logger.info({ file }, 'nothing is wrong with the list any more');
    else if (snapshot) logger.error({ file }, `${found}; still serving the last good list`);
    else logger.error({ file }, `${found}; there is no list to serve`);
  }

  /** @param before what the look before this one found */
  function followFile(before: string | undefined): void {
    if (closed) return;
    timer = setTimeout(async () => {
      const found = await look();
      // A file that is being written looks broken for a moment: a problem must be seen twice.
      if (found === undefined || found === before) report(found);
      followFile(found);
    }, POLL_INTERVAL_MS);
  }

  const found = await look();
  report(found);
  followFile(found);

  return {
    snapshot: () => snapshot,
    problem: () => problem,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
