import type { Change, Outcome } from './change';
import type { Page, StudentQuery, Version } from './query';
import type { Age, Student } from './student';

/** The whole of one state of the list. */
export interface Listing {
  readonly version: Version;
  /** By code point. */
  readonly parts: AsyncIterable<readonly Student[]>;
}

/** There is no list to serve, in words for whoever asked for it. */
export class NoListError extends Error {
  override readonly name = 'NoListError';
}

export interface Health {
  /** Undefined while there is no list. */
  readonly students: number | undefined;
  /** What is wrong, in words; also while an old list is served. */
  readonly problem: string | undefined;
}

/** Holds the list, wherever it is. All but `health` and `close` throw NoListError while there is none. */
export interface StudentStore {
  /** What a call made after this one sees, or a later one. */
  version(): Promise<Version>;
  /** @returns the ages of those who are on the list */
  find(names: readonly string[]): Promise<ReadonlyMap<string, Age>>;
  query(query: StudentQuery): Promise<Page>;
  list(): Promise<Listing>;
  /** When this resolves, the change is durable, and all later calls on all replicas see it. */
  change(change: Change): Promise<Outcome>;
  /** Why nobody can change the list, in words; undefined while it can be changed. */
  whyReadOnly(): Promise<string | undefined>;
  health(): Promise<Health>;
  close(): Promise<void>;
}
