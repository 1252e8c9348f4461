import { createHash } from 'node:crypto';
import { createPause } from '../service/pause';
import { JsonError } from '../students/json';
import type { Version } from '../students/query';
import { type Layout, parseLayout } from './layout';
import { createOrders, type Orders } from './order';
import { decodeUtf8, readStudentFile } from './read';

/** One state of the list, as the file has it. */
export interface Snapshot {
  readonly fingerprint: string;
  /** Depends on the content alone, so that replicas agree. */
  readonly version: Version;
  readonly layout: Layout;
  readonly orders: Orders;
}

/** What came of reading the file that had this fingerprint: both, where it is an old file that is seen. */
export interface Loaded {
  readonly fingerprint: string;
  readonly snapshot?: Snapshot;
  readonly problem?: string;
}

/** @throws StudentFileError */
export async function load(file: string): Promise<Loaded> {
  const { bytes, fingerprint, isUnlinked } = await readStudentFile(file);
  try {
    const pause = createPause();
    const layout = await parseLayout(bytes, decodeUtf8(bytes), pause);
    const orders = await createOrders(layout.entries, pause);
    const snapshot = { fingerprint, version: versionOf(bytes), layout, orders };
    if (!isUnlinked) return { snapshot, fingerprint };
    const problem = `${file} was replaced on the host, but this container still sees the old file; mount its folder instead of the file`;
    return { snapshot, fingerprint, problem };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { fingerprint, problem: `${file}, ${error.message}` };
  }
}

/** Of a content of the file. */
export function versionOf(content: Uint8Array): Version {
  return createHash('sha256').update(content).digest('base64url').slice(0, 27);
}
