import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { JsonError } from '../students/json';
import type { Version } from '../students/query';
import { hasAcl } from './acl';
import { type Layout, parseLayout } from './layout';
import { decodeUtf8, readStudentFile } from './read';

/** One state of the list, as the file has it. */
export interface Snapshot {
  /** Of the file that it is in. */
  readonly stats: BigIntStats;
  /** Asked of another program, at the first call: a start need not wait for it. */
  readonly whyReadOnly: () => Promise<string | undefined>;
  /** Depends on the content alone, so that replicas agree. */
  readonly version: Version;
  readonly layout: Layout;
}

/** What came of reading the file: both, where it is an old one that is seen. */
export interface Loaded {
  readonly stats: BigIntStats;
  readonly snapshot?: Snapshot;
  readonly problem?: string;
}

const HAS_ACL =
  'has an access control list, which a new file would not have; setfacl -b takes it away';

/** @throws StudentFileError */
export async function load(file: string): Promise<Loaded> {
  const { bytes, stats, isUnlinked } = await readStudentFile(file);
  let acl: Promise<boolean> | undefined;
  try {
    const layout = await parseLayout(bytes, decodeUtf8(bytes));
    const whyReadOnly = async () => {
      acl ??= hasAcl(file);
      return (await acl) ? `${file} or its folder ${HAS_ACL}` : undefined;
    };
    const snapshot = { stats, whyReadOnly, version: versionOf(bytes), layout };
    if (!isUnlinked) return { snapshot, stats };
    const problem = `${file} was replaced on the host, but this container still sees the old file; mount its folder instead of the file`;
    return { snapshot, stats, problem };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { stats, problem: `${file}, ${error.message}` };
  }
}

/** Of a content of the file. */
export function versionOf(content: Uint8Array): Version {
  return createHash('sha256').update(content).digest('base64url').slice(0, 27);
}
