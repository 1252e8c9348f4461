import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeList } from './list-file.mjs';
import { createDatabase } from './postgres.mjs';
import { ROOT, startServer } from './server-process.mjs';

/** @typedef {import('./load.mjs').Order} Order */

const LIST_PATH = '/supmit/api/v1.0/get_student_ages';
/** A page that the API makes anew for each request: of 100 students, by age, in the middle. */
const PAGE_PATH = '/supmit/api/v1.0/students?sort=age&order=desc&page=150';
/** The first one, which costs PostgreSQL the least. */
const FIRST_PAGE_PATH = '/supmit/api/v1.0/students?sort=age&order=desc';
const AUTHORIZATION = { authorization: `Basic ${btoa('root:root')}` };

// Whatever an .env file says.
const DEFAULTS = { LOG_LEVEL: 'info', API_USERNAME: 'root', API_PASSWORD: 'root' };

/**
 * Starts the services and the baselines.
 *
 * @param {string} folder for lists and responses
 * @param {string} [server] of PostgreSQL
 * @returns what to ask of each, and what to ask of the API that has the list of 30,000 from `folder`; the databases
 */
export async function startAll(folder, server) {
  const file6 = join(ROOT, 'simple_api/data/student_age.json');
  const file30k = writeList(folder, 30_000);
  const api6 = await startApi(folder, { STUDENT_AGE_FILE: file6 });
  const api10k = await startApi(folder, { STUDENT_AGE_FILE: writeList(folder, 10_000) });
  const api30k = await startApi(folder, { STUDENT_AGE_FILE: file30k });
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
    'node:http, list of 30,000': { url: await nodeHttp(api30k) },
    'API, list of 30,000': { url: api30k.list },
    'API, page of 30,000': { url: `${api30k.url}${PAGE_PATH}` },
    'node:http, page of 30,000': {
      url: await nodeHttp({ body: await save(folder, `${api30k.url}${PAGE_PATH}`) }),
    },
    'Express + axios + EJS page': { url: await express('page', { API_URL: api6.list }) },
    'website, page of 6': { url: await startWebsite(api6) },
    'website, page of 30,000': { url: await startWebsite(api30k) },
  };
  const databases = server
    ? [
        await createDatabase(server, 'bench_6', file6),
        await createDatabase(server, 'bench_30k', file30k),
      ]
    : [];
  const [database6, database30k] = databases;
  if (database6 && database30k) {
    const stored6 = await startApi(folder, database6.env);
    const stored30k = await startApi(folder, database30k.env);
    const row = await nodeHttpPg(database6, 'row');
    const known = (await fetch(row)).headers.get('etag') ?? '';
    Object.assign(scenarios, {
      'node:http, row of PostgreSQL': { url: row, headers: { 'if-none-match': known } },
      'PostgreSQL, If-None-Match': stored6.known,
      'node:http, same SQL': { url: await nodeHttpPg(database30k, 'page') },
      'PostgreSQL, page of 30,000': { url: `${stored30k.url}${FIRST_PAGE_PATH}` },
      'PostgreSQL, website': { url: await startWebsite(stored6) },
    });
  }
  for (const order of Object.values(scenarios)) {
    order.headers = { ...AUTHORIZATION, ...order.headers };
  }
  return { scenarios, known30k: api30k.known, databases };
}

/** @param {string} folder @param {Record<string, string>} env where it has the list */
async function startApi(folder, env) {
  const url = await startServer('simple_api/dist/server.js', { ...DEFAULTS, ...env });
  const list = `${url}${LIST_PATH}`;
  // Uncompressed, as the load asks for it: each coding has a tag of its own.
  const headers = { ...AUTHORIZATION, 'accept-encoding': 'identity' };
  const { headers: got } = await fetch(list, { headers });
  const body = await save(folder, list);
  const known = {
    url: list,
    headers: { ...AUTHORIZATION, 'if-none-match': got.get('etag') ?? '' },
  };
  const again = await fetch(list, { headers: { ...headers, ...known.headers } });
  if (again.status !== 304) throw new Error(`the API responds with ${again.status}, not 304`);
  return { url, list, known, body };
}

/** @param {string} folder @param {string} url @returns {Promise<string>} a file with what it responds */
async function save(folder, url) {
  const response = await fetch(url, {
    headers: { ...AUTHORIZATION, 'accept-encoding': 'identity' },
  });
  const file = join(folder, `${encodeURIComponent(url)}.json`);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return file;
}

/** @param {{ body: string }} api whose response it sends */
const nodeHttp = ({ body }) => startServer('bench/baselines/node-http.mjs', { BODY_FILE: body });

/** @param {{ url: string }} database @param {string} ASK */
const nodeHttpPg = ({ url: URL }, ASK) =>
  startServer('bench/baselines/node-http-pg.mjs', { URL, ASK });

/** @param {{ url: string }} api */
async function startWebsite({ url }) {
  const env = { ...DEFAULTS, HOST: '127.0.0.1', API_URL: url };
  return `${await startServer('website/dist/server.js', env)}/students`;
}
