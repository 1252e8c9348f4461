import { cpus } from 'node:os';
import { CONNECTIONS } from './load.mjs';
import { median } from './median.mjs';

/**
 * @typedef {import('./load.mjs').Result} Result
 * @typedef {Awaited<ReturnType<typeof import('./writes.mjs').measureWrites>>} Writes
 * @typedef {{
 *   results: Record<string, Result[]>,
 *   wait: { undisturbed: number, reloading: number },
 *   starts: Ratio[],
 *   writes: Record<string, Writes>,
 *   databaseWrites: Ratio[],
 * }} Measured the results of each scenario, the writes by the students in the list
 * @typedef {{ what: string, ratio: number, goal: string }} Ratio
 */

/** What is compared, and the least ratio of requests a second that is wanted. */
const COMPARISONS = /** @type {const} */ ([
  ['API, list of 6', 'node:http, list of 6', 0.75],
  ['website, page of 6', 'node:http, list of 6', 0.3],
  ['API, list of 6', 'Express, empty route', 0.9],
  ['API, list of 6', 'Express, res.json', 1.4],
  ['API, list of 6', 'Fastify', undefined],
  ['API, list of 10,000', 'node:http, list of 10,000', 0.9],
  ['API, list of 30,000', 'node:http, list of 30,000', 0.9],
  ['API, page of 30,000', 'node:http, page of 30,000', undefined],
  ['API, If-None-Match', 'API, list of 6', 1],
  ['website, page of 6', 'Express + axios + EJS page', 5],
  ['website, page of 6', 'Express, empty route', 0.5],
  ['PostgreSQL, If-None-Match', 'node:http, row of PostgreSQL', 2],
  ['PostgreSQL, page of 30,000', 'node:http, same SQL', 0.85],
  ['PostgreSQL, website', 'website, page of 6', 0.9],
]);

/**
 * Makes medians and ratios of what was measured.
 *
 * @param {Measured} measured
 */
export function summarise({ results, wait, starts, writes, databaseWrites }) {
  /** @type {Record<string, { perSecond: number, p50: number }>} */
  const medians = {};
  for (const [name, runs] of Object.entries(results)) {
    medians[name] = {
      perSecond: median(runs.map(({ perSecond }) => perSecond)),
      p50: median(runs.map(({ p50 }) => p50)),
    };
  }
  /** @param {'perSecond' | 'p50'} field @param {string} name @param {string} baseline */
  const ratioOf = (field, name, baseline) =>
    (medians[name]?.[field] ?? 0) / (medians[baseline]?.[field] ?? Number.NaN);

  /** @type {Ratio[]} */
  const ratios = COMPARISONS.filter(([name]) => medians[name]).map(([name, baseline, atLeast]) => ({
    what: `${name} / ${baseline}`,
    ratio: ratioOf('perSecond', name, baseline),
    goal: atLeast === undefined ? '' : `at least ${atLeast}`,
  }));
  ratios.push({
    what: 'p50 of website, page of 30,000 / page of 6',
    ratio: ratioOf('p50', 'website, page of 30,000', 'website, page of 6'),
    goal: 'at most 1.5',
  });
  ratios.push(...starts, ...databaseWrites);
  for (const [students, { one, fifty, reads }] of Object.entries(writes)) {
    const what = `durable writes, list of ${students}`;
    ratios.push(
      {
        what: `${what}, 1 client / loop`,
        ratio: one,
        goal: students === '10,000' ? 'at least 0.2' : '',
      },
      { what: `${what}, 50 clients / loop`, ratio: fifty, goal: '' },
      {
        what: `reads, list of ${students}, while one client writes / without`,
        ratio: reads,
        goal: `at least ${students === '6' ? 0.85 : 0.5}`,
      },
    );
  }
  return { node: process.version, medians, ratios, wait, starts, writes };
}

/** @param {ReturnType<typeof summarise>} summary @param {number} rounds */
export function print({ node, medians, ratios, wait, writes }, rounds) {
  const rate = (/** @type {string} */ name, /** @type {number} */ perSecond) =>
    `${name.padEnd(30)} ${Math.round(perSecond).toString().padStart(7)} /s`;
  console.log(
    `\nNode.js ${node}, ${cpus().length} cores, ${rounds} rounds of 1 s, ${CONNECTIONS} connections; medians\n`,
  );
  for (const [name, { perSecond, p50 }] of Object.entries(medians)) {
    console.log(`${rate(name, perSecond)}   p50 ${p50.toFixed(2)} ms`);
  }
  for (const [students, { loop }] of Object.entries(writes)) {
    console.log(rate(`loop of writes, list of ${students}`, loop));
  }
  console.log('');
  for (const { what, ratio, goal } of ratios) {
    console.log(
      `${ratio.toFixed(ratio < 0.1 ? 4 : 2).padStart(6)}  ${what}${goal && ` (goal: ${goal})`}`,
    );
  }
  console.log(
    `\nlongest wait while a list of 30,000 is reloaded: ${wait.reloading.toFixed(1)} ms, without: ${wait.undisturbed.toFixed(1)} ms (goal: at most 150 ms more)`,
  );
}
