// Bare node:http with pg: for each request one row, or the page that the API's own function asks for.
import { createServer } from 'node:http';
import { buildSync } from '../../simple_api/node_modules/esbuild/lib/main.js';
import pg from '../../simple_api/node_modules/pg/esm/index.mjs';
import { listen } from './listen.mjs';

const { outputFiles } = buildSync({
  entryPoints: ['simple_api/src/postgres/query.ts'],
  bundle: true,
  format: 'esm',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { createQuery } = await import(`data:text/javascript;base64,${code}`);

const pool = new pg.Pool({ connectionString: process.env['URL'] });
const query = createQuery({ read: (ask) => ask(pool) });
const ASK = {
  row: async () => (await pool.query('SELECT version FROM list')).rows[0],
  page: () => query({ name: '', sort: 'age', order: 'desc', page: 1, size: 100 }),
};
const ask = ASK[process.env['ASK']];

listen(
  createServer(async (req, res) => {
    const found = await ask();
    const ETag = `"${found.version}"`;
    if (req.headers['if-none-match'] === ETag) return void res.writeHead(304, { ETag }).end();
    const body = Buffer.from(JSON.stringify(found));
    const content = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    res.writeHead(200, { ETag, ...content }).end(body);
  }),
);
