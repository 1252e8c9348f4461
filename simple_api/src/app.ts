import type { Express } from 'express';
import type { Logger } from 'pino';
import { allowChanges, createAccess, requireWritable } from './http/changes';
import { type Accounts, requireCredentials, requireEditor } from './http/credentials';
import { index, OPENAPI_PATH, openApi, STUDENT_AGES_PATH, STUDENTS_PATH } from './http/documents';
import { errorHandler } from './http/errors';
import { live, ready } from './http/health';
import { ACCEPT_PATCH, patchStudents } from './http/patch';
import { putStudent, removeStudent, student } from './http/student';
import { studentAge } from './http/student-age';
import { studentAges } from './http/student-ages';
import { limitLargePages, studentsPage } from './http/students';
import { allowOnly, atMost, createExpress, notFound, readBody } from './service/express';
import { identify } from './service/request-id';
import type { StudentStore } from './students/store';

/** Some ten thousand students. */
const MAX_PATCH_BYTES = 1024 * 1024;

/** At a time: each may take some MB of memory. */
const MAX_PATCHES = 10;
const TOO_MANY_PATCHES = 'Nothing was changed: too many patches at a time';

/** Puts the API together, and opens nothing, so that tests can use it as it is. */
export function createApp(store: StudentStore, accounts: Accounts, logger: Logger): Express {
  const app = createExpress(logger);
  const access = createAccess(store, accounts, logger);
  const signedIn = requireCredentials(access.accountOf);
  const mayChange = [signedIn, requireWritable(access), requireEditor(access.accountOf)];
  const readPatch = [atMost(MAX_PATCHES, TOO_MANY_PATCHES), ...readBody(MAX_PATCH_BYTES)];
  app.get(STUDENT_AGES_PATH, readBody(), signedIn, studentAges(store)); // first: it must be quick
  app.use(identify);
  app.patch(STUDENTS_PATH, mayChange, readPatch, patchStudents(access));
  app.use(readBody());
  app.get(`${STUDENT_AGES_PATH}/:name`, signedIn, studentAge(store));
  app.get(STUDENTS_PATH, signedIn, limitLargePages(), studentsPage(store, access));
  app.all(STUDENTS_PATH, allowChanges('PATCH', access, ACCEPT_PATCH));
  const ofStudent = `${STUDENTS_PATH}/:name`;
  app.get(ofStudent, signedIn, student(store, access));
  app.put(ofStudent, mayChange, putStudent(access));
  app.delete(ofStudent, mayChange, removeStudent(access));
  app.all(ofStudent, allowChanges('PUT, DELETE', access));
  app.get('/', index);
  app.get(OPENAPI_PATH, openApi);
  app.get('/health/live', live);
  app.get('/health/ready', ready(store));
  const ages = [STUDENT_AGES_PATH, `${STUDENT_AGES_PATH}/:name`];
  const others = ['/', '/health/live', '/health/ready', OPENAPI_PATH];
  for (const path of [...ages, ...others]) app.all(path, allowOnly('GET, HEAD, OPTIONS'));
  app.use(notFound);
  app.use(errorHandler(logger));
  return app;
}
