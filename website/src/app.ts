import { join } from 'node:path';
import type { Express } from 'express';
import type { Logger } from 'pino';
import { allowOnly, atMost, createExpress, notFound, readBody } from '#service/express';
import { identify } from '#service/request-id';
import type { ApiClient } from './api/client';
import { assets } from './pages/assets';
import { csv, MAX_FILES } from './pages/csv';
import { errorHandler } from './pages/errors';
import { securityHeaders } from './pages/headers';
import { live, ready } from './pages/health';
import { createInTurn } from './pages/in-turn';
import { students } from './pages/list';
import { addManagePages } from './pages/manage/routes';
import { renderView, sendHtml, setUpViews } from './pages/views';
import { queryOf, studentsAddress } from './students/address';

const ROBOTS = 'User-agent: *\nDisallow: /\n';

/** @param basePath what all addresses start with; empty where the website is at the root */
export function createApp(api: ApiClient, logger: Logger, basePath: string): Express {
  const app = createExpress(logger);
  const folder = join(__dirname, '..'); // from src/, in the tests, and from dist/
  setUpViews(app, folder, basePath);
  const inTurn = createInTurn();
  const list = students(api, inTurn, logger);
  const first = basePath ? ['/', basePath] : ['/'];

  app.use(identify, securityHeaders);
  app.use((req, _res, next) => {
    // A proxy may take the base path off the addresses, or may leave it to the website.
    if (basePath && req.url.startsWith(`${basePath}/`)) req.url = req.url.slice(basePath.length);
    next();
  });
  app.get('/students', readBody(), list); // first, because nearly all requests are for it
  addManagePages(app, api, logger); // they read bodies by themselves
  app.use(readBody());
  app.get('/students.csv', atMost(MAX_FILES), csv(api, inTurn));
  app.get('/robots.txt', (_req, res) => {
    res.type('txt').set('Cache-Control', 'public, max-age=86400').send(ROBOTS);
  });
  app.get('/students/', (req, res) => res.redirect(basePath + studentsAddress(queryOf(req))));
  app.get('/health/live', live);
  app.get('/health/ready', ready(api, logger));
  const readOnly = ['/students', '/students.csv', '/robots.txt', '/health/live', '/health/ready'];
  app.all(readOnly, allowOnly('GET, HEAD, OPTIONS'));
  app.get('/index.php', (_req, res) => res.redirect(`${basePath}/students`));
  app.get(first, async (_req, res) => sendHtml(res, 200, await renderView(app, 'home', {})));
  app.post([...first, '/index.php'], list);
  app.all([...first, '/index.php'], allowOnly('GET, HEAD, POST, OPTIONS'));
  app.get(/^\/[\w-]+\.\w+$/, assets(join(folder, 'dist/assets')));
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}
