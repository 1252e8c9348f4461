import type { Express } from 'express';
import type { Logger } from 'pino';
import { type Credentials, requireCredentials } from './http/credentials';
import { index, OPENAPI_PATH, openApi, STUDENT_AGES_PATH } from './http/documents';
import { errorHandler } from './http/errors';
import { live, ready } from './http/health';
import { studentAge } from './http/student-age';
import { studentAges } from './http/student-ages';
import { allowOnly, createExpress, notFound, readBody } from './service/express';
import type { StudentStore } from './students/store';

/**
 * Puts the API together. It opens nothing, so that tests can use it as it is.
 */
export function createApp(store: StudentStore, credentials: Credentials, logger: Logger): Express {
  const app = createExpress(logger);
  app.use(readBody());
  const signedIn = requireCredentials(credentials);
  app.get(STUDENT_AGES_PATH, signedIn, studentAges(store));
  app.get(`${STUDENT_AGES_PATH}/:name`, signedIn, studentAge(store));
  app.get('/', index);
  app.get(OPENAPI_PATH, openApi);
  app.get('/health/live', live);
  app.get('/health/ready', ready(store));
  const paths = ['/', '/health/live', '/health/ready', OPENAPI_PATH];
  app.all(
    [STUDENT_AGES_PATH, `${STUDENT_AGES_PATH}/:name`, ...paths],
    allowOnly('GET, HEAD, OPTIONS'),
  );
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}
