import { join } from 'node:path';
import type { Express } from 'express';
import type { Logger } from 'pino';
import { allowOnly, createExpress, notFound, readBody } from '#service/express';
import type { ApiClient } from './api/client';
import { assets } from './pages/assets';
import { stripBasePath } from './pages/base-path';
import { createPageCache, type RenderPage } from './pages/cache';
import { csv } from './pages/csv';
import { errorHandler } from './pages/errors';
import { securityHeaders } from './pages/headers';
import { live, ready } from './pages/health';
import { addManagePages } from './pages/manage';
import { home, oneAtATime, redirectTo, robots, students } from './pages/routes';
import { createStudentsPage } from './pages/students-page';
import { renderView, setUpViews } from './pages/views';

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
  const render: RenderPage = async (students, query, isWanted) => {
    const excerpt = await students.excerpt(query, isWanted);
    return excerpt && renderView(app, 'students', createStudentsPage(excerpt, query));
  };
  // Like Express with the views, only in production: otherwise an edit of a view shows at once.
  const renderPage = app.enabled('view cache') ? createPageCache(render) : render;

  const list = students(api, renderPage);

  app.use(oneAtATime);
  app.use(securityHeaders);
  if (basePath) app.use(stripBasePath(basePath));
  addManagePages(app, api, logger, basePath); // they read bodies by themselves
  app.use(readBody());
  app.get('/', home);
  app.get('/index.php', redirectTo(`${basePath}/students`));
  app.post(['/', '/index.php'], list);
  app.all(['/', '/index.php'], allowOnly('GET, HEAD, POST, OPTIONS'));
  app.get('/students', list);
  app.get('/students.csv', csv(api));
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
