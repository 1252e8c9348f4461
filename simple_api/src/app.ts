import type { Express } from 'express';
import type { Logger } from 'pino';
import { type Credentials, requireCredentials } from './http/credentials';
import { errorHandler } from './http/errors';
import { live, ready } from './http/health';
import { studentAges } from './http/student-ages';
import { allowOnly, createExpress, notFound } from './service/express';
import type { StudentStore } from './students/store';

/** The path of the list. Clients of the old version use it: the spelling stays. */
export const STUDENT_AGES_PATH = '/supmit/api/v1.0/get_student_ages';

/**
 * Puts the API together. It opens nothing, so that tests can use it as it is.
 */
export function createApp(store: StudentStore, credentials: Credentials, logger: Logger): Express {
  const app = createExpress(logger);
  app.get(STUDENT_AGES_PATH, requireCredentials(credentials), studentAges(store));
  app.get('/health/live', live);
  app.get('/health/ready', ready(store));
  app.all([STUDENT_AGES_PATH, '/health/live', '/health/ready'], allowOnly('GET, HEAD, OPTIONS'));
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}
