import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Credentials } from './config';
import { errorHandler } from './error-handler';
import { liveRoute, readyRoute } from './health-routes';
import { HttpError } from './http-error';
import { limitBody } from './request-body';
import { logRequests } from './request-log';
import { requireCredentials } from './require-credentials';
import { studentAgesRoute } from './student-ages-route';
import type { StudentStore } from './student-store';

/** The path of the list. Clients of the old version use it: the spelling stays. */
export const STUDENT_AGES_PATH = '/supmit/api/v1.0/get_student_ages';

/**
 * Puts the API together. It opens nothing, so that tests can use it as it is.
 *
 * @param services.store where the list comes from
 * @param services.credentials what a client must sign in with
 */
export function createApp(services: {
  store: StudentStore;
  credentials: Credentials;
  logger: Logger;
}): Express {
  const { store, credentials, logger } = services;
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');

  if (logger.isLevelEnabled('debug')) app.use(logRequests(logger));
  app.use(limitBody);
  // First of all routes, because nearly all requests are for it.
  app.get(STUDENT_AGES_PATH, requireCredentials(credentials), studentAgesRoute(store));
  app.get('/health/live', liveRoute);
  app.get('/health/ready', readyRoute(store));
  app
    .route([STUDENT_AGES_PATH, '/health/live', '/health/ready'])
    .options(answerOptions)
    .all(refuseMethod);
  app.use(refuseUnknown);
  app.use(errorHandler(logger));
  return app;
}

const ALLOW = { Allow: 'GET, HEAD, OPTIONS' };

const answerOptions: RequestHandler = (_req, res) => {
  res.writeHead(200, { ...ALLOW, 'Content-Length': 0 }).end();
};

const refuseMethod: RequestHandler = () => {
  throw new HttpError(405, 'Method not allowed', ALLOW);
};

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
