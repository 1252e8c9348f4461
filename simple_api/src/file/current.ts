import type { Logger } from 'pino';
import { NoListError } from '../students/store';
import { fingerprint } from './read';
import { type Loaded, load, type Snapshot } from './snapshot';

/** The state of the list that is served, and what is wrong with its file; the log is told of each, once. */
export type Current = ReturnType<typeof createCurrent>;

export function createCurrent(file: string, logger: Logger) {
  let snapshot: Snapshot | undefined;
  let problem: string | undefined;
  /** What came of reading the file last. */
  let seen: Loaded = {};

  function take(next: Snapshot): void {
    if (next.version !== snapshot?.version) {
      logger.info({ file, students: next.layout.entries.size }, 'serving a new list');
    }
    snapshot = next;
  }

  return {
    /** @throws NoListError while there has been no good list */
    now(): Snapshot {
      if (snapshot) return snapshot;
      throw new NoListError(problem ?? 'The list has not been read yet');
    },
    health: () => ({ students: snapshot?.layout.entries.size, problem }),
    /**
     * Reads the file, unless it is the one that was read last; what is good is served.
     *
     * @throws StudentFileError when there is no such file
     */
    async read(): Promise<Loaded> {
      const known = seen.fingerprint;
      if (known !== undefined && (await fingerprint(file)) === known) return seen;
      seen = {};
      seen = await load(file);
      if (seen.snapshot) take(seen.snapshot);
      return seen;
    },
    /** Serves what has been written to the file. */
    wrote(next: Snapshot): void {
      seen = { snapshot: next, fingerprint: next.fingerprint };
      next.orders.byCodePoint.invalidate();
      next.orders.forPeople.invalidate();
      take(next);
    },
    report(found: string | undefined): void {
      if (found === problem) return;
      problem = found;
      const served = snapshot ? 'still serving the last good list' : 'there is no list to serve';
      if (found) logger.error({ file }, `${found}; ${served}`);
      else logger.info({ file }, 'nothing is wrong with the list any more');
    },
  };
}
