import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome } from '../../api/responses';
import type { Visitor } from '../../api/visitor';
import { queryOf } from '../../students/address';
import { createStudentsPage } from '../students-page';
import { signalOf } from '../visitor-signal';
import { type Form, formOf, ifMatch } from './form';
import { leadBack, type ManagePage, sendPage } from './respond';

interface FormPage {
  /** Undefined when nobody of that name is on the list. */
  shown(visitor: Visitor, form: Form, res: Response): Promise<object | undefined>;
  change(visitor: Visitor, form: Form): Promise<Outcome>;
}

const student: FormPage['shown'] = (visitor, { name }, res) => visitor.student(name, signalOf(res));

/** The pages that change one student, by view. */
const PAGES = {
  add: {
    async shown(visitor, _form, res) {
      const query = queryOf(res.req);
      return createStudentsPage(await visitor.list(signalOf(res), query), query, '/manage');
    },
    change: (visitor, { name, age }) => visitor.put(name, age, { 'If-None-Match': '*' }),
  },
  change: {
    shown: student,
    change: (visitor, form) => visitor.put(form.name, form.age, ifMatch(form)),
  },
  remove: {
    shown: student,
    change: (visitor, form) => visitor.remove(form.name, ifMatch(form)),
  },
} satisfies Record<string, FormPage>;

/** Creates a page that changes one student; what the API refuses is shown with what was typed. */
export function formPage(api: ApiClient, logger: Logger, view: keyof typeof PAGES): ManagePage {
  const { shown, change }: FormPage = PAGES[view];

  async function send(res: Response, visitor: Visitor, form: Form, refusal?: Outcome) {
    const data = await shown(visitor, form, res);
    if (data) await sendPage(logger, res, view, { ...data, form, refusal });
    else leadBack(res, 'missing', form.name);
  }

  return {
    show: (req, res) => send(res, api.as(req), formOf(req)),
    async act(req, res) {
      const form = formOf(req);
      const visitor = api.as(req);
      const outcome = await change(visitor, form);
      if (outcome.status < 300) leadBack(res, view, form.name);
      else await send(res, visitor, form, outcome);
    },
  };
}
