import { join } from 'node:path';
import type { Express } from 'express';
import type { Logger } from 'pino';
import { allowOnly, atMost, createExpress, notFound, readBody } from '#service/express';
import type { ApiClient } from './api/client';
import { assets } from './pages/assets';
import { stripBasePath } from './pages/base-path';
import { csv, MAX_FILES } from './pages/csv';
import { errorHandler } from './pages/errors';
import { securityHeaders } from './pages/headers';
import { live, ready } from './pages/health';
import { home } from './pages/home';
import { createInTurn } from './pages/in-turn';
import { students } from './pages/list';
import { addManagePages } from './pages/manage/routes';
import { oneAtATime } from './pages/one-at-a-time';
import { redirect } from './pages/redirect';
import { robots } from './pages/robots';
import { setUpViews } from './pages/views';

/** How many of the public pages, and parts of files, the API is asked for at a time. */
const MAX_QUERIES = 4;

/**
 * Puts the website together. It opens nothing, so that tests can use it as it is.
 *
 * @param basePath what all its addresses start with; empty where it is at the root
 */
export function createApp({
  api,
  logger,
  basePath = '',
}: {
  api: ApiClient;
  logger: Logger;
  basePath?: string;
}): Express {
  const app = createExpress(logger);
  const folder = join(__dirname, '..'); // from src/, in the tests, and from dist/
  setUpViews(app, folder, basePath);
  const inTurn = createInTurn(MAX_QUERIES);
  const list = students(api, inTurn, logger);

  app.use(oneAtATime);
  app.use(securityHeaders);
  if (basePath) app.use(stripBasePath(basePath));
  app.get('/students', readBody(), list); // first, because nearly all requests are for it
  addManagePages(app, api, logger); // they read bodies by themselves
  app.use(readBody());
  app.get('/', home);
  app.get('/index.php', (_req, res) => redirect(res, 302, `${basePath}/students`));
  app.post(['/', '/index.php'], list);
  app.all(['/', '/index.php'], allowOnly('GET, HEAD, POST, OPTIONS'));
  app.get('/students.csv', atMost(MAX_FILES), csv(api, inTurn));
  app.get('/robots.txt', robots);
  app.get('/health/live', live);
  app.get('/health/ready', ready(api, logger));
  const readOnly = ['/students', '/students.csv', '/robots.txt', '/health/live', '/health/ready'];
  app.all(readOnly, allowOnly('GET, HEAD, OPTIONS'));
  app.get(/^\/[\w-]+\.\w+$/, assets(join(folder, 'dist/assets')));
  if (basePath) {
    // Last: /students, say, is a page in the first place.
    app.get(basePath, home);
    app.post(basePath, list);
    app.all(basePath, allowOnly('GET, HEAD, POST, OPTIONS'));
  }
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}
