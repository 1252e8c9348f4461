// npm run bench: measures the services and the baselines, in turn and in one run.
//   --quick      one short round
//   --json FILE  also writes the medians there
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CONNECTIONS, hasWrk, load } from './load.mjs';
import { median } from './median.mjs';
import { startServer, stopServers } from './server-process.mjs';
import { measureStarts } from './start-time.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const ROUNDS = options.quick ? 1 : 9;

if (!hasWrk()) {
  console.error('The benchmark needs wrk: apt-get install wrk, or brew install wrk.');
  process.exit(1);
}

const LIST_PATH = '/supmit/api/v1.0/get_student_ages';
const AUTHORIZATION = { authorization: `Basic ${btoa('root:root')}` };

const folder = mkdtempSync(join(tmpdir(), 'student-list-bench-'));
process.once('exit', () => {
  stopServers();
  rmSync(folder, { recursive: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/**
 * @typedef {import('./load.mjs').Order} Order
 * @typedef {import('./load.mjs').Result} Result
 */

/**
 * Puts load on a server, with the credentials.
 *
 * @param {Order} order
 */
const signedInLoad = (order) => load({ ...order, headers: { ...AUTHORIZATION, ...order.headers } });

/**
 * Writes a list as the API's file.
 *
 * @param {number} students
 * @param {boolean} [backwards] the same students in another order
 */
function writeList(students, backwards = false) {
  const file = join(folder, `${students}.json`);
  const members = Array.from(
    { length: students },
    (_, i) => `  "Student ${(i * 7919) % students}": "${18 + (i % 40)}"`,
  );
  if (backwards) members.reverse();
  writeFileSync(file, `{\n${members.join(',\n')}\n}\n`);
  return file;
}

/**
 * Fetches the API's response, for the baselines to send the same body, and its entity tag. Uncompressed,
 * as the load asks for it: each coding has a tag of its own.
 *
 * @param {string} api
 */
async function saveResponse(api) {
  const headers = { ...AUTHORIZATION, 'accept-encoding': 'identity' };
  const response = await fetch(`${api}${LIST_PATH}`, { headers });
  const file = join(folder, `response-${Math.random()}.json`);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  const etag = response.headers.get('etag') ?? '';
  const again = await fetch(`${api}${LIST_PATH}`, {
    headers: { ...headers, 'if-none-match': etag },
  });
  if (again.status !== 304) throw new Error(`the API responds with ${again.status}, not 304`);
  return { file, etag };
}

// Whatever an .env file says.
const defaults = { LOG_LEVEL: 'info', API_USERNAME: 'root', API_PASSWORD: 'root' };
/** @param {string} file */
const startApi = (file) =>
  startServer('simple_api/dist/server.js', { ...defaults, STUDENT_AGE_FILE: file });
/** @param {string} api */
const startWebsite = (api) =>
  startServer('website/dist/server.js', { ...defaults, HOST: '127.0.0.1', API_URL: api });

const api6 = await startApi('simple_api/data/student_age.json');
const api10k = await startApi(writeList(10_000));
const api100k = await startApi(writeList(100_000));
const response6 = await saveResponse(api6);
const response10k = await saveResponse(api10k);
const response100k = await saveResponse(api100k);
/** @param {{ file: string }} response */
const nodeHttp = ({ file }) => startServer('bench/baselines/node-http.mjs', { BODY_FILE: file });
const BODY_FILE = response6.file;

/** @type {Record<string, Order>} */
const scenarios = {
  'node:http, list of 6': { url: await nodeHttp(response6) },
  'Express, empty route': { url: await startServer('bench/baselines/express-empty.cjs') },
  'Express, res.json': {
    url: await startServer('bench/baselines/express-json.cjs', { BODY_FILE }),
  },
  Fastify: { url: await startServer('bench/baselines/fastify.mjs', { BODY_FILE }) },
  'API, list of 6': { url: `${api6}${LIST_PATH}` },
  'API, If-None-Match': {
    url: `${api6}${LIST_PATH}`,
    headers: { 'if-none-match': response6.etag },
  },
  'node:http, list of 10,000': { url: await nodeHttp(response10k) },
  'API, list of 10,000': { url: `${api10k}${LIST_PATH}` },
  'node:http, list of 100,000': { url: await nodeHttp(response100k) },
  'API, list of 100,000': { url: `${api100k}${LIST_PATH}` },
  'Express + axios + EJS page': {
    url: await startServer('bench/baselines/express-page.cjs', { API_URL: `${api6}${LIST_PATH}` }),
  },
  'website, page of 6': { url: `${await startWebsite(api6)}/students` },
  'website, page of 100,000': { url: `${await startWebsite(api100k)}/students` },
};

/** @type {Record<string, Result[]>} */
const results = {};
for (const order of Object.values(scenarios)) await signedInLoad(order); // warm up
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, order] of Object.entries(scenarios)) {
    results[name] = [...(results[name] ?? []), await signedInLoad(order)];
  }
}

/** The longest wait of any request, in ms, while a list of 100,000 is reloaded and while it is not. */
const undisturbed = [];
const reloading = [];
for (let round = 0; round < ROUNDS; round++) {
  const order = {
    url: `${api100k}${LIST_PATH}`,
    headers: { 'if-none-match': response100k.etag },
    seconds: 3,
  };
  undisturbed.push((await signedInLoad(order)).max);
  const loading = signedInLoad(order);
  await sleep(1_000);
  writeList(100_000, round % 2 === 0);
  reloading.push((await loading).max);
}

const starts = await measureStarts(folder, options.quick ? 3 : 11);
stopServers();

/** @type {Record<string, { perSecond: number, p50: number }>} */
const medians = {};
for (const [name, runs] of Object.entries(results)) {
  medians[name] = {
    perSecond: median(runs.map(({ perSecond }) => perSecond)),
    p50: median(runs.map(({ p50 }) => p50)),
  };
}
/** @param {string} name @param {string} baseline */
const speed = (name, baseline) =>
  (medians[name]?.perSecond ?? 0) / (medians[baseline]?.perSecond ?? Number.NaN);

const ratios = [
  ['API, list of 6', 'node:http, list of 6', 0.75],
  ['website, page of 6', 'node:http, list of 6', 0.4],
  ['API, list of 6', 'Express, empty route', 0.9],
  ['API, list of 6', 'Express, res.json', 1.4],
  ['API, list of 6', 'Fastify', undefined],
  ['API, list of 10,000', 'node:http, list of 10,000', 0.9],
  ['API, list of 100,000', 'node:http, list of 100,000', 0.9],
  ['API, If-None-Match', 'API, list of 6', 1],
  ['website, page of 6', 'Express + axios + EJS page', 5],
  ['website, page of 6', 'Express, empty route', 0.5],
].map(([name, baseline, atLeast]) => ({
  what: `${name} / ${baseline}`,
  ratio: speed(String(name), String(baseline)),
  goal: atLeast === undefined ? '' : `at least ${atLeast}`,
}));
ratios.push(
  {
    what: 'p50 of website, page of 100,000 / page of 6',
    ratio:
      (medians['website, page of 100,000']?.p50 ?? 0) / (medians['website, page of 6']?.p50 ?? 0),
    goal: 'at most 1.5',
  },
  ...starts.map(({ what, ms, baseline }) => ({
    what: `start to first 200, ${what} / bundled empty Express app without compile cache`,
    ratio: ms / baseline,
    goal: 'at most 1.3',
  })),
);
const wait = { undisturbed: median(undisturbed), reloading: median(reloading) };

console.log(
  `\nNode.js ${process.version}, ${cpus().length} cores, ${ROUNDS} rounds of 1 s, ${CONNECTIONS} connections; medians\n`,
);
for (const [name, { perSecond, p50 }] of Object.entries(medians)) {
  console.log(
    `${name.padEnd(30)} ${Math.round(perSecond).toString().padStart(7)} /s   p50 ${p50.toFixed(2)} ms`,
  );
}
console.log('');
for (const { what, ratio, goal } of ratios) {
  console.log(`${ratio.toFixed(2).padStart(6)}  ${what}${goal && ` (goal: ${goal})`}`);
}
console.log(
  `\nlongest wait while a list of 100,000 is reloaded: ${wait.reloading.toFixed(1)} ms, without: ${wait.undisturbed.toFixed(1)} ms (goal: at most 150 ms more)`,
);
if (options.json) {
  const report = { node: process.version, medians, ratios, wait, starts };
  writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
}
