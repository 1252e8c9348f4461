import { createHash } from 'node:crypto';
import { createPause } from '../service/pace';
import { JsonError } from '../students/json';
import type { Version } from '../students/query';
import { type Layout, parseLayout } from './layout';
import { createOrders, type Orders } from './order';
import { decodeUtf8, readStudentFile, StudentFileError } from './read';

/** One state of the list, as the file has it. */
export interface Snapshot {
  /** Of the file. */
  readonly fingerprint: string;
  /** Depends on the content alone, so that replicas agree. */
  readonly version: Version;
  readonly layout: Layout;
  readonly orders: Orders;
}

/** What came of reading the file. */
export interface Loaded {
  readonly snapshot?: Snapshot;
  /** What is wrong with the file, in words. */
  readonly problem?: string;
  /** Of the file that was read: reading it once more would lead to the same. */
  readonly fingerprint?: string;
}

/** Loads the list. @throws Error when something is wrong that nobody foresaw */
export async function load(file: string): Promise<Loaded> {
  let fingerprint: string | undefined;
  try {
    const read = await readStudentFile(file);
    fingerprint = read.fingerprint;
    const text = decodeUtf8(read.bytes);
    const pause = createPause();
    const layout = await parseLayout(read.bytes, text, pause);
    const orders = await createOrders(layout.entries, pause);
    const snapshot = { fingerprint, version: versionOf(read.bytes), layout, orders };
    if (!read.isUnlinked) return { snapshot, fingerprint };
    const problem = `${file} was replaced on the host, but this container still sees the old file; mount its folder instead of the file`;
    return { snapshot, fingerprint, problem };
  } catch (error) {
    if (error instanceof StudentFileError) return { problem: error.message };
    if (!(error instanceof JsonError) || fingerprint === undefined) throw error;
    return { fingerprint, problem: `${file}, ${error.message}` };
  }
}

/** Names a content of the file. */
export function versionOf(content: Uint8Array): Version {
  return createHash('sha256').update(content).digest('base64url').slice(0, 27);
}
