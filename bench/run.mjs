// npm run bench: measures the services and the baselines, in turn and in one run.
//   --quick      one short round
//   --json FILE  also writes the medians there
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeList } from './list-file.mjs';
import { hasWrk, load } from './load.mjs';
import { createDatabase, findServer, removeDatabases } from './postgres.mjs';
import { measureReload } from './reload.mjs';
import { print, summarise } from './report.mjs';
import { startAll } from './scenarios.mjs';
import { stopServers } from './server-process.mjs';
import { measureStarts } from './start-time.mjs';
import { measureDatabaseWrites, measureWrites } from './writes.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const ROUNDS = options.quick ? 1 : 9;

if (!hasWrk()) {
  console.error('The benchmark needs wrk: apt-get install wrk, or brew install wrk.');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'student-list-bench-'));
process.once('exit', () => {
  stopServers();
  rmSync(folder, { recursive: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const server = await findServer();
const { scenarios, known30k, databases } = await startAll(folder, server);
/** @type {import('./report.mjs').Measured['results']} */
const results = {};
for (const order of Object.values(scenarios)) await load(order); // warm up
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, order] of Object.entries(scenarios)) {
    results[name] = [...(results[name] ?? []), await load(order)];
  }
}
const wait = await measureReload(known30k, folder, ROUNDS);
stopServers();

/** @type {import('./report.mjs').Measured['writes']} */
const writes = {};
for (const students of [6, 10_000, 30_000]) {
  writes[students.toLocaleString('en')] = await measureWrites(folder, students, ROUNDS);
}
stopServers();
const databaseWrites = [];
const [database6, database30k] = databases;
if (server && database30k) {
  const database1m = await createDatabase(server, 'bench_1m', writeList(folder, 1_000_000));
  databaseWrites.push(
    ...(await measureDatabaseWrites(database30k, '30,000', ROUNDS)),
    ...(await measureDatabaseWrites(database1m, '1,000,000', ROUNDS)),
  );
  stopServers();
}
const starts = await measureStarts(folder, options.quick ? 3 : 11, database6?.env);
if (server) await removeDatabases(server);

const summary = summarise({ results, wait, starts, writes, databaseWrites });
print(summary, ROUNDS);
if (options.json) writeFileSync(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
