import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import { ifMatch } from './form';
import { studentPage } from './student-page';

/** Creates the page on which the age of a student is changed. */
export const changePage = (api: ApiClient, logger: Logger) =>
  studentPage(api, logger, 'change', (visitor, form) =>
    visitor.put(form.name, form.age, ifMatch(form)),
  );
