import type { Logger } from 'pino';
import { createBatches } from '../students/batches';
import { type Listing, NoListError, type StudentStore, sinceLook } from '../students/store';
import { createCurrent } from './current';
import { follow } from './follow';
import { followLinks } from './mount';
import { byCodePoint, forPeople } from './order';
import { preview } from './preview';
import { createTrial, whyReadOnly } from './read-only';
import { removeLeftovers } from './replace';
import { select } from './select';
import type { Snapshot } from './snapshot';
import { writeChanges } from './write';

/** Of a listing, in students. */
const PART_SIZE = 1_000;

/** After the start, which it would hold up. */
const WARNING_MS = 400;

/** The list in a file, which has been looked at when this resolves, whatever came of it. */
export async function openFileStore(file: string, logger: Logger): Promise<StudentStore> {
  const current = createCurrent(file, logger);
  const inTurn = createTurns();
  const change = createBatches(
    (changes) => inTurn(() => writeChanges(file, current, changes)),
    1, // so that half of the processor is left to others
  );

  let lookedAt = 0;
  let trial = createTrial();
  let readOnly = async (): Promise<string | undefined> => undefined;

  async function look(): Promise<string | undefined> {
    const moved = current.whyMoved(await followLinks(file));
    const reason = await whyReadOnly(file, trial);
    const { problem, snapshot } = await current.read();
    readOnly = async () => moved ?? (await snapshot?.whyReadOnly()) ?? reason;
    lookedAt = performance.now();
    return moved ?? problem;
  }

  await removeLeftovers(file);
  const stop = await follow(() => inTurn(look), current.report);
  const warning = setTimeout(async () => {
    const reason = await readOnly();
    if (reason) logger.warn({ file }, `the list is read-only: ${reason}`);
  }, WARNING_MS).unref();

  return {
    version: async () => current.now().version,
    async find(names) {
      const { entries } = current.now().layout;
      const found = names.flatMap((name) => entries.get(name) ?? []);
      return new Map(found.map(({ name, age }) => [name, age]));
    },
    async query(query) {
      const { version, layout } = current.now();
      return { version, ...select(await forPeople(layout), query) };
    },
    list: async () => listingOf(current.now()),
    async change(wanted) {
      if (wanted.isPreview) return inTurn(() => preview(current.now(), wanted));
      const outcome = await change(wanted);
      if (!('refused' in outcome)) return outcome;
      const { refused, reason } = outcome;
      if (refused === 'read-only') trial = createTrial(); // so that the next look finds it
      if (refused === 'broken' && current.health().students === undefined) {
        throw new NoListError(reason);
      }
      return outcome;
    },
    whyReadOnly: () => readOnly(),
    health: async () => current.health(),
    gauges: [sinceLook(() => lookedAt)],
    async close() {
      clearTimeout(warning);
      await stop();
    },
  };
}

function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = last.then(task);
    last = done.catch(() => {}); // its caller hears of it
    return done;
  };
}

async function listingOf({ version, layout }: Snapshot): Promise<Listing> {
  const students = await byCodePoint(layout);
  async function* parts() {
    for (let start = 0; start < students.length; start += PART_SIZE) {
      yield students.slice(start, start + PART_SIZE);
    }
  }
  return { version, parts: parts() };
}
