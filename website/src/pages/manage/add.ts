import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome } from '../../api/responses';
import { queryOf } from '../../students/address';
import { createStudentsPage } from '../students-page';
import { signalOf } from '../visitor-signal';
import { type Form, formOf } from './form';
import { leadBack, type ManagePage, sendPage } from './respond';

/** Creates the page of the list for those who may change it, with a form for one more student. */
export function addPage(api: ApiClient, logger: Logger): ManagePage {
  async function send(res: Response, form: Form, refusal?: Outcome) {
    const query = queryOf(res.req);
    const visitor = api.as(res.req.headers.authorization);
    const list = await visitor.list(signalOf(res), query);
    const page = createStudentsPage(list, query, '/manage');
    await sendPage(logger, res, 'add', { ...page, form, refusal }, refusal);
  }

  return {
    show: (req, res) => send(res, formOf(req)),
    async act(req, res) {
      const form = formOf(req);
      const visitor = api.as(req.headers.authorization);
      const outcome = await visitor.put(form.name, form.age, { 'If-None-Match': '*' });
      if (outcome.status < 300) leadBack(res, 'add', form.name);
      else await send(res, form, outcome);
    },
  };
}
