import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeList } from './list-file.mjs';
import { load } from './load.mjs';
import { median } from './median.mjs';
import { CHANGED, changePlain } from './postgres.mjs';
import { startServer } from './server-process.mjs';

const EDITOR = { EDITOR_USERNAME: 'editor', EDITOR_PASSWORD: 'bench-writes' };
const { EDITOR_USERNAME, EDITOR_PASSWORD } = EDITOR;
const HEADERS = { authorization: `Basic ${btoa(`${EDITOR_USERNAME}:${EDITOR_PASSWORD}`)}` };

/**
 * Measures the durable changes a second of one client and of fifty, beside a loop that only writes as
 * much; and the reads that are left while one client writes as fast as it gets responses.
 *
 * @param {string} folder
 * @param {number} count of the students in the list
 * @param {number} rounds
 * @returns the loop's changes a second, and ratios: of each round, for what is compared is measured one
 *   right after the other; the medians
 */
export async function measureWrites(folder, count, rounds) {
  const file = writeList(folder, count);
  const env = { LOG_LEVEL: 'info', ...EDITOR, STUDENT_AGE_FILE: file };
  const base = `${await startServer('simple_api/dist/server.js', env)}/supmit/api/v1.0`;
  const [list, students] = [`${base}/get_student_ages`, `${base}/students`];
  const change = async (/** @type {number} */ connections, seconds = 1) =>
    (await load({ url: students, headers: HEADERS, connections, seconds, changes: 6 })).perSecond;
  const read = async () => (await load({ url: list, headers: HEADERS, seconds: 2 })).perSecond;

  await change(1); // warm up
  await read();
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const loop = writeInLoop(file);
    const [one, fifty] = [await change(1), await change(50)];
    const reads = await read();
    const [readsMeanwhile] = await Promise.all([read(), change(1, 2)]);
    results.push({ loop, one: one / loop, fifty: fifty / loop, reads: readsMeanwhile / reads });
  }
  return {
    loop: median(results.map(({ loop }) => loop)),
    one: median(results.map(({ one }) => one)),
    fifty: median(results.map(({ fifty }) => fifty)),
    reads: median(results.map(({ reads }) => reads)),
  };
}

/**
 * Measures the same in PostgreSQL, beside upserts of one, and of fifty on ten connections.
 *
 * @param {Awaited<ReturnType<typeof import('./postgres.mjs').createDatabase>>} database
 * @param {string} students on its list
 * @param {number} rounds
 * @returns ratios of each round; the medians
 */
export async function measureDatabaseWrites({ url, env }, students, rounds) {
  const api = await startServer('simple_api/dist/server.js', { ...EDITOR, ...env });
  const order = { url: `${api}/supmit/api/v1.0/students`, headers: HEADERS, changes: CHANGED };
  const ratio = async (/** @type {number} */ connections, /** @type {number} */ clients) => {
    const baseline = await changePlain(url, connections, clients);
    return (await load({ ...order, connections: clients })).perSecond / baseline;
  };

  await ratio(10, 50); // warm up
  /** @type {{ one: number[], fifty: number[] }} */
  const { one, fifty } = { one: [], fifty: [] };
  for (let round = 0; round < rounds; round++) {
    one.push(await ratio(1, 1));
    fifty.push(await ratio(10, 50));
  }
  const what = `durable writes, PostgreSQL, list of ${students}`;
  return [
    { what: `${what}, 1 client / loop of upserts`, ratio: median(one), goal: 'at least 0.6' },
    { what: `${what}, 50 clients / upserts`, ratio: median(fifty), goal: 'at least 1' },
  ];
}

/**
 * Does what no durable change of a file can do without, for a second: write, fsync, rename, fsync of the
 * folder.
 *
 * @param {string} file is left as it is: the loop has one of its own beside it, of the same size
 * @returns how often in a second
 */
function writeInLoop(file) {
  const content = readFileSync(file);
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < 1_000; count++) {
    const handle = openSync(`${file}.loop~`, 'w');
    writeSync(handle, content);
    fsyncSync(handle);
    closeSync(handle);
    renameSync(`${file}.loop~`, `${file}.loop`);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
  }
  return (count / (performance.now() - start)) * 1_000;
}
