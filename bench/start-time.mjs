import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from '../simple_api/node_modules/esbuild/lib/main.js';
import { median } from './median.mjs';
import { ROOT } from './server-process.mjs';

const EMPTY = 'bundled empty Express app without compile cache';

/**
 * Measures the time from the start of the process to the first response: of the services, and of an
 * empty Express app, bundled, without a compile cache.
 *
 * @param {string} folder for temporary files
 * @param {number} rounds
 * @param {Record<string, string>} [database] the API's environment with a list in PostgreSQL
 * @returns the medians in ms, and their ratios
 */
export async function measureStarts(folder, rounds, database) {
  const empty = join(folder, 'express-start.js');
  buildSync({
    stdin: {
      contents: `const app = require('express')(); app.get('/', (_req, res) => { res.end(); }); app.listen(Number(process.env.PORT), '127.0.0.1');`,
      resolveDir: join(ROOT, 'simple_api'),
    },
    bundle: true,
    platform: 'node',
    minify: true,
    outfile: empty,
    logLevel: 'error',
  });
  // With a compile cache, as in the images; Node.js 20 has none.
  const cache = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') };
  const api = join(ROOT, 'simple_api/dist/server.js');
  const website = join(ROOT, 'website/dist/server.js');
  const programs = [
    { what: EMPTY, file: empty, path: '/', env: {} },
    { what: 'API', file: api, path: '/health/ready', env: cache },
    { what: 'website', file: website, path: '/', env: cache },
  ];
  const stored = { what: 'API with PostgreSQL', file: api, path: '/health/ready' };
  if (database) programs.push({ ...stored, env: { ...cache, ...database } });
  for (const file of [api, website]) {
    const load = ['--eval', `require(${JSON.stringify(file)})`];
    spawnSync(process.execPath, load, { env: cache, stdio: 'inherit' });
  }
  /** @type {Record<string, number[]>} */
  const times = {};
  for (let round = 0; round < rounds; round++) {
    for (const { what, file, path, env } of programs) {
      const ms = await timeToFirstResponse(file, path, env);
      times[what] = [...(times[what] ?? []), ms];
    }
  }
  const medianOf = (/** @type {string} */ what) => median(times[what] ?? []);
  return programs.slice(1).map(({ what }) => {
    const [against, goal] = what === stored.what ? ['API', 'at most 1.5'] : [EMPTY, 'at most 1.3'];
    const ms = medianOf(what);
    const ratio = ms / medianOf(against);
    return { what: `start to first 200, ${what} / ${against}`, ms, ratio, goal };
  });
}

/** @param {string} file @param {string} path @param {Record<string, string>} env */
async function timeToFirstResponse(file, path, env) {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, [file], {
    env: { NODE_ENV: 'production', PORT: String(port), ...env },
    stdio: 'ignore',
  });
  while (!(await responds(port, path))) {
    if (performance.now() - start > 10_000) throw new Error(`${file} does not respond`);
    await sleep(1);
  }
  const time = performance.now() - start;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return time;
}

/** @param {number} port @param {string} path @returns {Promise<boolean>} */
function responds(port, path) {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
