import type { Response } from 'express';
import createError from 'http-errors';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome } from '../../api/responses';
import type { Visitor } from '../../api/visitor';
import { queryOf } from '../../students/address';
import { toPatch } from '../../students/paste';
import { cleanName, isAge } from '../../students/student';
import { createStudentsPage } from '../students-page';
import { signalOf } from '../visitor-signal';
import { type Edit, edit } from './edit';
import { type Form, formOf, readAge } from './form';
import { leadBack, type ManagePage, sendPage, takeFlash } from './respond';

interface FormPage {
  /** Undefined when nobody who is meant is on the list. */
  shown(visitor: Visitor, form: Form, res: Response): Promise<object | undefined>;
  /** None while they are to be confirmed. */
  edits(form: Form): readonly Edit[];
}

/** The pages that change students, by view. */
const PAGES = {
  add: {
    async shown(visitor, _form, res) {
      const query = queryOf(res.req);
      const list = await visitor.list(signalOf(res), query);
      return { ...createStudentsPage(list, query, '/manage'), flash: takeFlash(res) };
    },
    edits: ({ name, age }) => [{ name: cleanName(name), age, was: null }],
  },
  change: {
    shown: (visitor, { who }, res) => visitor.student(who, signalOf(res)),
    edits({ who, name: typed, age: text, was: [was = null] }) {
      const name = typed === who ? who : cleanName(typed); // nobody has touched it
      const age = isAge(text) && Number(text) === Number(was) ? was : text;
      if (name === who) return [{ name, age, was }];
      return [
        { name: who, age: null, was },
        { name, age, was: null },
      ];
    },
  },
  remove: {
    async shown(visitor, { who, names }) {
      const wanted = who ? [who] : names;
      const preview = await visitor.preview(toPatch(wanted.map((name) => [name, null])));
      if (preview.status !== 200) throw createError(preview.status, preview.error);
      return preview.students.length > 0 ? preview : undefined;
    },
    edits: ({ names, was }) => was.map((it, at) => ({ name: names[at] ?? '', age: null, was: it })),
  },
} satisfies Record<string, FormPage>;

/** Creates a page that changes students; what the API refuses is shown with what was typed. */
export function formPage(api: ApiClient, logger: Logger, view: keyof typeof PAGES): ManagePage {
  const page: FormPage = PAGES[view];

  async function send(res: Response, visitor: Visitor, form: Form, refusal?: Outcome) {
    const shown = await page.shown(visitor, form, res);
    if (shown) await sendPage(logger, res, view, { ...shown, form, refusal });
    else leadBack(res, form.names.length > 0 ? 'gone' : 'missing', form.who);
  }

  return {
    show: (req, res) => send(res, api.as(req), formOf(req)),
    async act(req, res) {
      const form = formOf(req);
      const visitor = api.as(req);
      const edits = page.edits(form);
      const [first, ...others] = edits;
      if (!first) return send(res, visitor, form);
      const like = view === 'add' ? await likeOf(visitor, first) : undefined;
      const outcome = await edit(visitor, edits, signalOf(res));
      if (outcome.status >= 300) await send(res, visitor, form, outcome);
      else if (others.length === 0) leadBack(res, view, first.name, first, like);
      else await sendPage(logger, res, 'saved', { done: view, edits });
    },
  };
}

/** Who is on the list already, with a name that looks alike. */
async function likeOf(visitor: Visitor, { name, age }: Edit): Promise<string | undefined> {
  const { students } = await visitor.preview(toPatch([[name, age]]));
  return students[0]?.like;
}

/** Creates what takes a change back, while those whom it was of are still what it made of them. */
export function undoPage(api: ApiClient): ManagePage {
  return {
    show: (_req, res) => leadBack(res, '', ''),
    async act(req, res) {
      const { names, ages, was } = formOf(req);
      const edits = names.map((name, i) => {
        return { name, age: readAge(ages[i] ?? ''), was: was[i] ?? null };
      });
      const { status, error } = await edit(api.as(req), edits, signalOf(res));
      const name = edits.length === 1 ? names.join() : '';
      if (status < 300) leadBack(res, 'undo', name);
      else if (status === 404 || status === 412) leadBack(res, 'late', name);
      else throw createError(status === 503 ? 503 : 409, error);
    },
  };
}
