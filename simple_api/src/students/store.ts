import type { Change, Outcome } from './change';
import type { Page, StudentQuery, Version } from './query';
import type { Age, Student } from './student';

/** The whole of one state of the list. */
export interface Listing {
  readonly version: Version;
  /** By code point. Who begins to read them goes on to the end, or returns them. */
  readonly parts: AsyncIterable<readonly Student[]>;
}

/** There is no list to serve, in words for whoever asks. */
export class NoListError extends Error {
  override readonly name = 'NoListError';
}

/** Holds the list, wherever it is. All but `health` and `close` throw NoListError while there is none. */
export interface StudentStore {
  /** What a call made after this one sees, or a later one. */
  version(): Promise<Version>;
  find(names: readonly string[]): Promise<ReadonlyMap<string, Age>>;
  query(query: StudentQuery): Promise<Page>;
  list(): Promise<Listing>;
  /** When this resolves, the change is durable, and all later calls on all replicas see it. */
  change(change: Change): Promise<Outcome>;
  /** In words; undefined while the list can be changed. */
  whyReadOnly(): Promise<string | undefined>;
  /** Without students while there is no list; with a problem also while an old one is served. */
  health(): Promise<{ students: number | undefined; problem: string | undefined }>;
  /** For whoever watches it. */
  readonly gauges: readonly Gauge[];
  close(): Promise<void>;
}

/** A number that can be read at any time, named as Prometheus has it. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  read(): number;
}

/** How long ago the list was looked at, by `performance.now()`. */
export function sinceLook(lookedAt: () => number): Gauge {
  const read = () => (performance.now() - lookedAt()) / 1_000;
  return { name: 'list_last_look_seconds', help: 'How long ago the list was last looked at', read };
}
