import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeList } from './list-file.mjs';
import { startServer } from './server-process.mjs';

/** @typedef {import('./load.mjs').Order} Order */

const LIST_PATH = '/supmit/api/v1.0/get_student_ages';
const AUTHORIZATION = { authorization: `Basic ${btoa('root:root')}` };

// Whatever an .env file says.
const DEFAULTS = { LOG_LEVEL: 'info', API_USERNAME: 'root', API_PASSWORD: 'root' };

/**
 * Starts the services and the baselines.
 *
 * @param {string} folder for lists and responses
 * @returns what to ask of each, and what to ask of the API that has the list of 100,000 from `folder`
 */
export async function startAll(folder) {
  const api6 = await startApi(folder, 'simple_api/data/student_age.json');
  const api10k = await startApi(folder, writeList(folder, 10_000));
  const api100k = await startApi(folder, writeList(folder, 100_000));
  const BODY_FILE = api6.body;
  const express = (/** @type {string} */ name, /** @type {Record<string, string>} */ env = {}) =>
    startServer(`bench/baselines/express-${name}.cjs`, env);

  /** @type {Record<string, Order>} */
  const scenarios = {
    'node:http, list of 6': { url: await nodeHttp(api6) },
    'Express, empty route': { url: await express('empty') },
    'Express, res.json': { url: await express('json', { BODY_FILE }) },
    Fastify: { url: await startServer('bench/baselines/fastify.mjs', { BODY_FILE }) },
    'API, list of 6': { url: api6.list },
    'API, If-None-Match': api6.known,
    'node:http, list of 10,000': { url: await nodeHttp(api10k) },
    'API, list of 10,000': { url: api10k.list },
    'node:http, list of 100,000': { url: await nodeHttp(api100k) },
    'API, list of 100,000': { url: api100k.list },
    'Express + axios + EJS page': { url: await express('page', { API_URL: api6.list }) },
    'website, page of 6': { url: await startWebsite(api6) },
    'website, page of 100,000': { url: await startWebsite(api100k) },
  };
  for (const order of Object.values(scenarios)) {
    order.headers = { ...AUTHORIZATION, ...order.headers };
  }
  return { scenarios, known100k: api100k.known };
}

/** @param {string} folder @param {string} file */
async function startApi(folder, file) {
  const env = { ...DEFAULTS, STUDENT_AGE_FILE: file };
  const url = await startServer('simple_api/dist/server.js', env);
  const list = `${url}${LIST_PATH}`;
  // Uncompressed, as the load asks for it: each coding has a tag of its own.
  const headers = { ...AUTHORIZATION, 'accept-encoding': 'identity' };
  const response = await fetch(list, { headers });
  const body = join(folder, `response-${new URL(url).port}.json`);
  writeFileSync(body, Buffer.from(await response.arrayBuffer()));
  const known = {
    url: list,
    headers: { ...AUTHORIZATION, 'if-none-match': response.headers.get('etag') ?? '' },
  };
  const again = await fetch(list, { headers: { ...headers, ...known.headers } });
  if (again.status !== 304) throw new Error(`the API responds with ${again.status}, not 304`);
  return { url, list, known, body };
}

/** @param {{ body: string }} api whose response it sends */
const nodeHttp = ({ body }) => startServer('bench/baselines/node-http.mjs', { BODY_FILE: body });

/** @param {{ url: string }} api */
async function startWebsite({ url }) {
  const env = { ...DEFAULTS, HOST: '127.0.0.1', API_URL: url };
  return `${await startServer('website/dist/server.js', env)}/students`;
}
