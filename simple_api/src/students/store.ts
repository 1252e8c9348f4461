import { setImmediate as otherEvents, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Change, Outcome } from './change';
import { fileVersion, StudentFileError } from './file';
import type { SerialisedList } from './load';
import { whyReadOnly } from './read-only';
import { removeLeftovers } from './replace-file';
import type { Updated, UpdateList } from './thread';

/** The time between two looks at the file, in ms: a change must show within two seconds. */
const POLL_INTERVAL_MS = 400;

/**
 * After a long write, and after a load that failed for a reason that may pass, such as too little memory,
 * the next one waits for so many times as long: reads keep nine tenths of a processor.
 */
const REST_FACTOR = 10;

/** The longest that a write waits for that reason, in ms; all that come meanwhile are written together. */
const MAX_REST_MS = 1_000;

/** What a write takes that is not long, in ms. */
const SHORT_WRITE_MS = 25;

/** How many bytes of old lists may lie about before they are freed. */
const MAX_GARBAGE = 4 * 1024 * 1024;

/** Holds the list that is served, follows the file it comes from, and changes it. */
export interface StudentStore {
  /** The last complete valid list; undefined while there has been none. */
  list(): SerialisedList | undefined;
  /** What is wrong with the file now, in words; undefined while nothing is. */
  problem(): string | undefined;
  /** Finds out why the list cannot be changed, in words; undefined while it can be. */
  whyReadOnly(): Promise<string | undefined>;
  /**
   * Changes the list. When this resolves, the new file is on the disk, and the new list is served.
   *
   * @throws Error when something is wrong that nobody foresaw
   */
  change(change: Change): Promise<Outcome>;
  /** Resolves once the file has been looked at for the first time, whatever came of it. */
  readonly opened: Promise<void>;
  close(): void;
}

/**
 * Reads the list and follows its file, by looking at it again and again: notifications of changes
 * do not come through every bind mount. A new version replaces the list as a whole, or, when
 * something is wrong with it, not at all.
 *
 * Looks and writes go one after the other. All changes that wait are written together.
 *
 * @param logger is told of each new list and of each problem, once
 */
export function openStudentStore(file: string, update: UpdateList, logger: Logger): StudentStore {
  let list: SerialisedList | undefined;
  let problem: string | undefined;
  /** What came of the version that was read last, and until when that stands. */
  let known: { version: string; problem?: string | undefined; until: number } | undefined;
  let garbage = 0;
  /** The changes that wait for the next write, and what comes of them. */
  let waiting: Change[] = [];
  let restUntil = 0;
  let nextWrite: Promise<readonly Outcome[]> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Does something after all that was to be done before. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = last.then(task);
    last = done.catch(() => {}); // its caller hears of it
    return done;
  }

  /** Returns what is wrong. */
  async function look(): Promise<string | undefined> {
    const start = performance.now();
    try {
      if (known && (await fileVersion(file)) === known.version && start < known.until) {
        return known.problem;
      }
      return (await read([])).problem;
    } catch (error) {
      if (error instanceof StudentFileError) return error.message;
      const problem = `${file} cannot be loaded: ${error}`;
      const now = performance.now();
      const version = await fileVersion(file).catch(() => '');
      known = { version, problem, until: now + REST_FACTOR * (now - start) };
      return problem;
    }
  }

  /** Reads the file, once the changes are written to it. */
  async function read(changes: readonly Change[]): Promise<Updated> {
    known = undefined;
    const updated = await update(file, changes);
    const { list: next, problem, version } = updated;
    if (version) known = { version, problem, until: Number.POSITIVE_INFINITY };
    if (next) take(next);
    return updated;
  }

  function take(next: SerialisedList): void {
    if (next.digest !== list?.digest) {
      logger.info({ file, students: next.students }, 'serving a new list');
    }
    garbage += list ? list.json.length + list.gzip.length : 0;
    list = next;
    if (garbage < MAX_GARBAGE) return;
    // With --expose-gc, as in the image. V8 does not know how large the old lists were, which came from
    // another thread, and would keep several of them.
    garbage = 0;
    globalThis.gc?.();
  }

  /** Waits for the end of the pause, or, without one, for what other requests want at the same time. */
  async function rest(): Promise<void> {
    const pause = restUntil - performance.now();
    await (pause > 0 ? sleep(pause) : otherEvents());
  }

  async function writeAllThatWait(): Promise<readonly Outcome[]> {
    const start = performance.now();
    const changes = waiting;
    waiting = [];
    nextWrite = undefined;
    const { problem, outcomes } = await read(changes);
    if (problem === undefined) report(problem);
    const end = performance.now();
    const took = end - start;
    if (took > SHORT_WRITE_MS) restUntil = end + Math.min(REST_FACTOR * took, MAX_REST_MS);
    return outcomes;
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
      const found = await inTurn(look);
      // A file that is being written looks broken for a moment: a problem must be seen twice.
      if (found === undefined || found === before) report(found);
      followFile(found);
    }, POLL_INTERVAL_MS).unref(); // it is the server that keeps the process alive
  }

  const opened = inTurn(async () => {
    await removeLeftovers(file);
    const found = await look();
    report(found);
    followFile(found);
    const reason = await whyReadOnly(file);
    if (reason) logger.warn({ file }, `the list is read-only: ${reason}`);
  });

  return {
    opened,
    list: () => list,
    problem: () => problem,
    whyReadOnly: () => whyReadOnly(file),
    async change(change) {
      const place = waiting.push(change) - 1;
      nextWrite ??= rest().then(() => inTurn(writeAllThatWait));
      const outcome = (await nextWrite)[place];
      if (!outcome) throw new Error('nothing came of a change');
      return outcome;
    },
    close() {
      closed = true;
    },
  };
}
