import { join } from 'node:path';
import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client';
import { errorHandler } from './error-handler';
import { liveRoute, readyRoute } from './health-routes';
import { encodeHtml } from './html-answer';
import { HttpError } from './http-error';
import { type CreatePage, createPageCache } from './page-cache';
import { homeRoute, searchOfUrl, studentsRoute } from './page-routes';
import { limitBody } from './request-body';
import { logRequests } from './request-log';
import { securityHeaders } from './security-headers';
import { parseStudentQuery } from './student-query';
import { createStudentsPage } from './students-page';
import { renderView, setUpViews } from './views';

/**
 * Puts the website together. It opens nothing, so that tests can use it as it is.
 *
 * @param services.api where the list comes from
 */
export function createApp(services: { api: ApiClient; logger: Logger }): Express {
  const { api, logger } = services;
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  setUpViews(app);

  const renderPage: CreatePage = async (list, search) => {
    const page = createStudentsPage(list, parseStudentQuery(search));
    return encodeHtml(await renderView(app, 'students', page));
  };
  // Like Express with the views, only in production: otherwise an edit of a view shows at once.
  const createPage = app.enabled('view cache') ? createPageCache(renderPage) : renderPage;

  if (logger.isLevelEnabled('debug')) app.use(logRequests(logger));
  app.use(securityHeaders);
  app.use(limitBody);
  const get = (path: string, handler: RequestHandler) =>
    app.route(path).get(handler).options(answerOptions(GET)).all(refuseMethod(GET));
  app
    .route('/')
    .get(homeRoute)
    // What the button sends is of no interest; neither is a query.
    .post(studentsRoute(api, createPage, () => ''))
    .options(answerOptions(GET_AND_POST))
    .all(refuseMethod(GET_AND_POST));
  get('/students', studentsRoute(api, createPage, searchOfUrl));
  get('/health/live', liveRoute);
  get('/health/ready', readyRoute(api, logger));
  app.use(express.static(join(__dirname, '../public'), { index: false, redirect: false }));
  app.use(refuseUnknown);
  app.use(errorHandler(logger));
  return app;
}

const GET = { Allow: 'GET, HEAD, OPTIONS' };
const GET_AND_POST = { Allow: 'GET, HEAD, POST, OPTIONS' };

function answerOptions(allow: { Allow: string }): RequestHandler {
  return (_req, res) => {
    res.writeHead(200, { ...allow, 'Content-Length': 0 }).end();
  };
}

function refuseMethod(allow: { Allow: string }): RequestHandler {
  return () => {
    throw new HttpError(405, 'Method not allowed', allow);
  };
}

const refuseUnknown: RequestHandler = (req) => {
  if (!isDecodable(req.path)) throw new HttpError(400, 'Bad request');
  throw new HttpError(404, 'Not found');
};

/** Tells whether every `%` of a URL's path starts an encoded character (RFC 3986, 2.1). */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
