import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './server-process.mjs';

const run = promisify(execFile);

/** How many connections the load is spread over by default, each kept alive. */
export const CONNECTIONS = 32;

/**
 * @typedef {{ url: string, headers?: Record<string, string>, seconds?: number, connections?: number, changes?: number }} Order
 *   what to ask for, and for how long (1 s); with `changes`, to set the ages of so many students there, in turn
 * @typedef {{ perSecond: number, p50: number, max: number }} Result
 *   responses a second; the median and the longest wait for one, in ms
 */

/**
 * Puts load on a server with wrk, which is fast enough not to be the limit itself.
 *
 * @param {Order} order
 * @returns {Promise<Result>}
 * @throws Error when a request failed, or its response has status 400 or above
 */
export async function load({
  url,
  headers = {},
  seconds = 1,
  connections = CONNECTIONS,
  changes = 0,
}) {
  const { stdout } = await run(
    'wrk',
    [
      ...['--threads', '1', '--connections', `${connections}`, '--duration', `${seconds}s`],
      ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ...['--script', join(ROOT, 'bench/report.lua'), url],
    ],
    {
      timeout: (seconds + 30) * 1_000,
      env: { ...process.env, ...(changes > 0 && { CHANGES: `${changes}` }) },
    },
  );
  const { failures, ...result } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  if (failures > 0) throw new Error(`${failures} requests to ${url} failed`);
  return result;
}

/** Tells whether wrk is on this machine. */
export function hasWrk() {
  return spawnSync('wrk', ['--version']).error === undefined;
}
