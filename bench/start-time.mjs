import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from '../simple_api/node_modules/esbuild/lib/main.js';
import { median } from './median.mjs';
import { ROOT } from './server-process.mjs';

/**
 * Measures how long the services, and an empty Express app in a bundle without a compile cache, take
 * from the start of the process to the first answer.
 *
 * @param {string} folder for temporary files
 * @param {number} rounds
 * @returns the medians in ms
 */
export async function measureStarts(folder, rounds) {
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
  // With a compile cache, as the images are shipped; Node.js 20 knows none.
  const cache = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') };
  const programs = [
    { what: 'baseline', file: empty, path: '/', args: [], env: {} },
    {
      what: 'API',
      file: join(ROOT, 'simple_api/dist/server.js'),
      path: '/health/ready',
      args: ['--enable-source-maps'],
      env: cache,
    },
    {
      what: 'website',
      file: join(ROOT, 'website/dist/server.js'),
      path: '/',
      args: ['--enable-source-maps'],
      env: cache,
    },
  ];
  for (const { file, args, env } of programs.slice(1)) {
    const load = [...args, '--eval', `require(${JSON.stringify(file)})`];
    spawnSync(process.execPath, load, { env, stdio: 'inherit' });
  }
  /** @type {Record<string, number[]>} */
  const times = {};
  for (let round = 0; round < rounds; round++) {
    for (const { what, file, path, args, env } of programs) {
      const ms = await timeToFirstAnswer([...args, file], path, env);
      times[what] = [...(times[what] ?? []), ms];
    }
  }
  const medianOf = (/** @type {string} */ what) => median(times[what] ?? []);
  return ['API', 'website'].map((what) => ({
    what,
    ms: medianOf(what),
    baseline: medianOf('baseline'),
  }));
}

/** @param {string[]} args @param {string} path @param {Record<string, string>} env */
async function timeToFirstAnswer(args, path, env) {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    env: { NODE_ENV: 'production', PORT: String(port), ...env },
    stdio: 'ignore',
  });
  while (!(await isAnswered(port, path))) {
    if (performance.now() - start > 10_000) throw new Error(`${args} does not answer`);
    await sleep(1);
  }
  const time = performance.now() - start;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return time;
}

/** @param {number} port @param {string} path @returns {Promise<boolean>} */
function isAnswered(port, path) {
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
