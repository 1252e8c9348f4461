import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome } from '../../api/responses';
import type { Visitor } from '../../api/visitor';
import { signalOf } from '../visitor-signal';
import { type Form, formOf } from './form';
import { leadBack, type ManagePage, sendPage } from './respond';

/** Creates a page about one student; where nobody of that name is on the list, it leads back. */
export function studentPage(
  api: ApiClient,
  logger: Logger,
  view: 'change' | 'remove',
  change: (visitor: Visitor, form: Form) => Promise<Outcome>,
): ManagePage {
  async function send(res: Response, form: Form, refusal?: Outcome) {
    const visitor = api.as(res.req.headers.authorization);
    const student = await visitor.student(form.name, signalOf(res));
    if (!student) return leadBack(res, 'missing', form.name);
    await sendPage(logger, res, view, { ...student, form, refusal }, refusal);
  }

  return {
    show: (req, res) => send(res, formOf(req)),
    async act(req, res) {
      const form = formOf(req);
      const outcome = await change(api.as(req.headers.authorization), form);
      if (outcome.status < 300) leadBack(res, view, form.name);
      else await send(res, form, outcome);
    },
  };
}
