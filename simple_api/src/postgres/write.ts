import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { createBatches } from '../students/batches';
import { applyChanges, type Change, type Outcome, type Refusal } from '../students/change';
import { fold } from '../students/fold';
import type { Age } from '../students/student';
import { CHANGE_MS, type Database, tooLong } from './database';
import { codeOf, isNotDone } from './problem';
import { begin, CHANGE, commit, withConnection } from './transaction';
import { within } from './within';

/** For how long it is asked what became of a commit, in ms. */
const UNCERTAIN_MS = 5_000;

/** For how long students are put, so many in a step: others wait. */
const PUT_MS = 5_000;
const STEP_SIZE = 5_000;

/** As PostgreSQL says of a single statement. */
const TOO_LONG = Object.assign(new Error('too many students at a time'), { code: '57014' });

const PUT = {
  name: 'put',
  text: `INSERT INTO student (name, age, folded)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
    ON CONFLICT (name) DO UPDATE SET age = excluded.age`,
};

const REMOVE = 'DELETE FROM student WHERE name = ANY($1)';

/** Known before it is made: so it can be looked for if the commit gets no answer. */
const SET_VERSION = { name: 'version', text: 'UPDATE list SET version = $1' };

const UNCERTAIN: Refusal = {
  refused: 'uncertain',
  reason: 'It is not certain that this was saved: the database did not say so',
};

/** PostgreSQL, appendix A. */
const DISK_FULL = '53100';

const FULL: Refusal = { refused: 'no space', reason: 'There is no space left for the database' };

/** A change that somebody waits for. */
interface Wanted extends Change {
  isBegun: boolean;
  isGivenUp: boolean;
}

/** A commit without an answer, and the version that it has made, if it has, out of the one before. */
interface Sent {
  readonly before: string;
  readonly version: string;
  readonly outcomes: readonly Outcome[];
  readonly earlier: Sent | undefined;
}

const NOTHING: Change = { ages: new Map() };

/** @throws NoListError (what it returns) when it could not be begun in the time that is waited for it */
export function createChange(database: Database): (change: Change) => Promise<Outcome> {
  const write = createBatches((all: readonly Wanted[]) => writeChanges(database, all), 0);
  return (change) => {
    const wanted = { ...change, isBegun: false, isGivenUp: false };
    return within(CHANGE_MS, write(wanted), () => {
      wanted.isGivenUp = true;
      return wanted.isBegun ? UNCERTAIN : tooLong();
    });
  };
}

/**
 * Applies changes one after the other, in one transaction; no other writer is in one at the same time. What
 * became of a commit without an answer is known by the version, unless others have changed the list since.
 */
async function writeChanges(database: Database, all: readonly Wanted[]) {
  let sent: Sent | undefined;

  async function write(client: PoolClient): Promise<readonly Outcome[]> {
    const now = await begin(client, CHANGE, all);
    for (const wanted of all) wanted.isBegun ||= !wanted.isGivenUp;
    const changes = all.map((it) => (it.isBegun ? it : NOTHING));
    if (sent?.version === now.version) return commit(client, sent.outcomes);
    if (sent?.before === now.version) sent = sent.earlier; // rolled back: whoever has the lock comes after it
    const before = sent?.outcomes;
    const wanted = before ? changes.map((it, at) => onlyOnce(it, before[at])) : changes;
    const { ages, outcomes } = await applyChanges(now, wanted, Infinity);
    const told = outcomes.map(tellUncertain);
    if (ages.size === 0) return commit(client, told);
    const last = await putAllBut(client, [...ages]);
    sent = { before: now.version, version: randomUUID(), outcomes: told, earlier: sent };
    const put = Promise.all([...putSome(client, last), client.query(SET_VERSION, [sent.version])]);
    const committed = commit(client, told);
    committed.catch(() => {}); // fails as well when the others do
    await put.catch((error) => {
      if (isNotDone(error)) sent = sent?.earlier;
      throw error;
    });
    return committed;
  }

  const end = performance.now() + UNCERTAIN_MS;
  for (;;) {
    try {
      return await database.use('first', (pool) => withConnection(pool, write).catch(refuse));
    } catch (error) {
      if (!sent) throw error;
      if (performance.now() > end) return sent.outcomes.map(unlessRefused);
      await sleep(250);
    }
  }

  function refuse(error: unknown): readonly Outcome[] {
    if (codeOf(error) !== DISK_FULL || sent) throw error;
    return all.map(() => FULL);
  }
}

/** What has a condition would not meet that again, if it was done. */
function onlyOnce({ ages, unless }: Change, before: Outcome | undefined): Change {
  if (!unless) return { ages };
  const { reason } = before && 'refused' in before ? before : UNCERTAIN;
  return { ages, unless: () => reason };
}

const tellUncertain = (outcome: Outcome): Outcome =>
  'refused' in outcome && outcome.reason === UNCERTAIN.reason ? UNCERTAIN : outcome;

const unlessRefused = (outcome: Outcome): Outcome => ('refused' in outcome ? outcome : UNCERTAIN);

type Put = readonly [string, Age | null];

/** @returns the last ones, which can be put in one step */
async function putAllBut(client: PoolClient, all: readonly Put[]): Promise<readonly Put[]> {
  const end = performance.now() + PUT_MS;
  let left = all;
  for (; left.length > STEP_SIZE; left = left.slice(STEP_SIZE)) {
    await Promise.all(putSome(client, left.slice(0, STEP_SIZE)));
    if (performance.now() > end) throw TOO_LONG;
  }
  return left;
}

function putSome(client: PoolClient, some: readonly Put[]) {
  const added = some.filter(([, age]) => age !== null);
  const removed = some.filter(([, age]) => age === null);
  const names = added.map(([name]) => name);
  const values = [names, added.map(([, age]) => JSON.stringify(age)), names.map(fold)];
  return [
    added.length > 0 && client.query({ ...PUT, values }),
    removed.length > 0 && client.query(REMOVE, [removed.map(([name]) => name)]),
  ];
}
