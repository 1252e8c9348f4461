import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import { ifMatch } from './form';
import { studentPage } from './student-page';

/** Creates the page that asks whether a student is to be removed. */
export const removePage = (api: ApiClient, logger: Logger) =>
  studentPage(api, logger, 'remove', (visitor, form) => visitor.remove(form.name, ifMatch(form)));
