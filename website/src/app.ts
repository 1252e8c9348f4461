import { join } from 'node:path';
import type { Express } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from './api/client';
import { assets } from './pages/assets';
import { createPageCache, type RenderPage } from './pages/cache';
import { errorHandler } from './pages/errors';
import { securityHeaders } from './pages/headers';
import { live, ready } from './pages/health';
import { home, oneAtATime, robots, students } from './pages/routes';
import { createStudentsPage } from './pages/students-page';
import { renderView, setUpViews } from './pages/views';
import { allowOnly, createExpress, notFound } from './service/express';

/**
 * Puts the website together. It opens nothing, so that tests can use it as it is.
 */
export function createApp({ api, logger }: { api: ApiClient; logger: Logger }): Express {
  const app = createExpress(logger);
  const folder = join(__dirname, '..'); // from src/, in the tests, and from dist/
  setUpViews(app, folder);
  const render: RenderPage = async (students, query, isWanted) => {
    const excerpt = await students.excerpt(query, isWanted);
    return excerpt && renderView(app, 'students', createStudentsPage(excerpt, query));
  };
  // Like Express with the views, only in production: otherwise an edit of a view shows at once.
  const renderPage = app.enabled('view cache') ? createPageCache(render) : render;

  app.use(oneAtATime);
  app.use(securityHeaders);
  app.get('/', home);
  app.post('/', students(api, renderPage));
  app.all('/', allowOnly('GET, HEAD, POST, OPTIONS'));
  app.get('/students', students(api, renderPage));
  app.get('/robots.txt', robots);
  app.get('/health/live', live);
  app.get('/health/ready', ready(api, logger));
  app.all(
    ['/students', '/robots.txt', '/health/live', '/health/ready'],
    allowOnly('GET, HEAD, OPTIONS'),
  );
  app.get(/^\/[\w-]+\.\w+$/, assets(join(folder, 'dist/assets')));
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}
