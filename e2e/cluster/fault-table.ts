/** What a load saw of one fault. */
export interface FaultRow {
  readonly fault: string;
  /** How many pages were asked for. */
  readonly requests: number;
  /** How many of them were not the page, or not in time. */
  readonly failures: number;
  /** The slowest page, in ms. */
  readonly slowest: number;
  /** From the fault to the end of the last slow page, in ms; 0 when none was slow. */
  readonly slowFor: number;
  /** From the fault until all was as it should be, in ms; undefined when it never was. */
  readonly healed: number | undefined;
}

const HEAD = [
  'fault',
  'requests',
  'failures',
  'slowest (ms)',
  'slow pages for (s)',
  'time to heal (s)',
];

/** Writes rows as a table in Markdown. */
export function faultTable(rows: readonly FaultRow[]): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const cells = rows.map(({ fault, requests, failures, slowest, slowFor, healed }) => [
    fault,
    String(requests),
    String(failures),
    String(slowest),
    seconds(slowFor),
    healed === undefined ? 'never' : seconds(healed),
  ]);
  const rule = HEAD.map((_, column) => (column === 0 ? '---' : '---:'));
  return [HEAD, rule, ...cells].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
