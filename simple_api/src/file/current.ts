import type { Logger } from 'pino';
import { NoListError } from '../students/store';
import { watchMounts } from './mount';
import { isSame, look, StudentFileError } from './read';
import { type Loaded, load, type Snapshot } from './snapshot';

/** What is served, and what is wrong with the file; the log is told of each, once. */
export type Current = ReturnType<typeof createCurrent>;

export function createCurrent(file: string, logger: Logger) {
  let snapshot: Snapshot | undefined;
  let problem: string | undefined;
  let seen: Loaded | undefined; // came of reading the file last

  return {
    /** @throws NoListError while there has been no good list */
    now(): Snapshot {
      if (snapshot) return snapshot;
      throw new NoListError(problem);
    },
    whyMoved: watchMounts(),
    health: () => ({ students: snapshot?.layout.entries.size, problem }),
    /** Reads the file, unless it has been read; what is good is served. */
    async read(): Promise<Pick<Loaded, 'snapshot' | 'problem'>> {
      try {
        if (seen && isSame(await look(file), seen.stats)) return seen;
        seen = undefined;
        seen = await load(file);
      } catch (error) {
        const isExplained = error instanceof StudentFileError;
        return { problem: isExplained ? error.message : `${file} cannot be read: ${error}` };
      }
      const next = seen.snapshot;
      if (next && next.version !== snapshot?.version) {
        logger.info({ file, students: next.layout.entries.size }, 'serving a new list');
      }
      snapshot = next ?? snapshot;
      return seen;
    },
    /** Serves what has been written to the file. */
    wrote(next: Snapshot): void {
      seen = { snapshot: next, stats: next.stats };
      snapshot = next;
      logger.debug({ file, students: next.layout.entries.size }, 'the list was changed');
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
