import { expect } from '@jest/globals';
import type { Age } from './api';

/** A change of some names, all to one age or all removed (undefined); times in ms. */
interface Write {
  readonly names: readonly string[];
  readonly age: Age | undefined;
  readonly sent: number;
  /** When it was acknowledged, or seen in the list; Infinity: nobody knows whether it was done. */
  done: number;
}

interface Read {
  readonly ages: Readonly<Record<string, Age>>;
  readonly sent: number;
  readonly answered: number;
}

/** What became of a change. */
export type Fate = 'done' | 'refused' | 'unknown';

const ABSENT: Write = { names: [], age: undefined, sent: 0, done: 0 };

const latest = (writes: readonly Write[]) => Math.max(0, ...writes.map(({ sent }) => sent));

/** Those that have not been overwritten by another at a moment. */
function last(writes: readonly Write[], moment: number): readonly Write[] {
  const since = latest(writes.filter(({ done }) => done < moment));
  return writes.filter(({ done }) => done >= since);
}

/** What any number of clients do to a list that was empty, and see of it, to be checked afterwards. */
export function createHistory() {
  const written = new Map<string, Write[]>();
  const reads: Read[] = [];
  /** Of each name, what a read may show, and those that follow. */
  const current = new Map<string, readonly Write[]>();

  /** @throws Error where the list cannot have been like this at any moment of the read */
  function checkRead({ ages, sent, answered }: Read): void {
    expect(Object.keys(ages).filter((name) => !written.has(name))).toEqual([]);
    const fits = (name: string) => (it: Write) => it.age === ages[name] && it.sent < answered;
    let moment = sent; // or later: after all in it was sent
    for (const [name, writes] of written) {
      const later = writes.findIndex((it) => it.sent >= answered);
      const others = writes.splice(0, later === -1 ? writes.length : later);
      const some = last([...(current.get(name) ?? [ABSENT]), ...others], sent);
      current.set(name, some);
      moment = Math.max(moment, some.find(fits(name))?.sent ?? 0);
    }
    const possible = new Map<string, readonly Write[]>();
    for (const [name, some] of current) {
      possible.set(name, last(some, moment).filter(fits(name)));
      if (possible.get(name)?.length === 0) throw new Error(`${name} cannot be ${ages[name]}`);
    }
    for (const [write = ABSENT, ...others] of possible.values()) {
      if (others.length > 0) continue;
      write.done = Math.min(write.done, answered); // known from now on
      const behind = write.names.filter((it) => latest(possible.get(it) ?? []) < write.sent);
      if (behind.length > 0) throw new Error(`${behind} cannot be ${behind.map((it) => ages[it])}`);
    }
  }

  return {
    /** Changes some names; a change that is refused must never be seen. */
    async write(names: readonly string[], age: Age | undefined, ask: () => Promise<Fate>) {
      const write: Write = { names, age, sent: performance.now(), done: Number.POSITIVE_INFINITY };
      for (const name of names) written.set(name, [...(written.get(name) ?? []), write]);
      const fate = await ask();
      if (fate === 'done') write.done = performance.now();
      if (fate !== 'refused') return;
      for (const name of names) {
        written.set(name, written.get(name)?.filter((it) => it !== write) ?? []);
      }
    },
    /** @throws Error when there is no list */
    async read(getAges: () => Promise<Record<string, Age>>): Promise<void> {
      const sent = performance.now();
      const ages = await getAges();
      reads.push({ ages, sent, answered: performance.now() });
    },
    /** Checks that each read was of a whole state, with all in it that was done before. @returns how many there were */
    check(): string {
      const writes = [...new Set([...written.values()].flat())];
      const done = writes.filter((it) => it.done < Number.POSITIVE_INFINITY).length;
      for (const read of reads.sort((a, b) => a.sent - b.sent)) checkRead(read);
      return `${done} of ${writes.length} writes were acknowledged, ${reads.length} reads`;
    },
  };
}
