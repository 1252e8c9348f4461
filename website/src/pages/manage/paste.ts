import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome, Previewed } from '../../api/responses';
import { type Rows, readRows, toPatch } from '../../students/paste';
import { countStudents } from '../students-page';
import { formOf, ifMatch } from './form';
import { leadBack, type ManagePage, sendPage } from './respond';

/** What a paste would do, and why it was not saved. */
export interface PastePreview extends Omit<Rows, 'students'> {
  readonly text: string;
  readonly etag: string;
  readonly added: readonly Previewed[];
  readonly changed: readonly Previewed[];
  /** How many students would be saved, in words; undefined for none. */
  readonly saved: string | undefined;
  readonly problem: string | undefined;
}

const CHANGED = 'Somebody has changed the list meanwhile. Please look at what would be saved now.';

/** The same age in another type or text is no change. */
const isChange = ({ age, was }: Previewed) => was === null || Number(was) !== Number(age);

/**
 * Creates the page for rows of a spreadsheet: pasted, looked at, and then saved, if the list is still
 * the one that was looked at.
 */
export function pastePage(api: ApiClient, logger: Logger): ManagePage {
  const sendRows = (res: Response, text: string, refusal?: Outcome) =>
    sendPage(logger, res, 'paste', { text, problem: refusal?.error }, refusal);

  return {
    show: (_req, res) => sendRows(res, ''),
    async act(req, res) {
      const form = formOf(req);
      if (form.edit || !form.text) return sendRows(res, form.text);
      const visitor = api.as(req.headers.authorization);
      const { students, ...rows } = readRows(form.text);
      let preview = await visitor.preview(toPatch(students));
      let changes = preview.students.filter(isChange);
      let refusal: Pick<Outcome, 'status' | 'error'> | undefined;
      if (form.save && changes.length > 0) {
        const patch = toPatch(changes.map(({ name, age }) => [name, age]));
        // With the tag of what was shown before: refused when the list is another one now.
        refusal = await visitor.patch(patch, ifMatch(form));
        if (refusal.status < 300) return leadBack(res, 'paste', countStudents(changes.length));
      }
      if (refusal?.status === 412) {
        refusal = { status: 412, error: CHANGED };
        preview = await visitor.preview(toPatch(students));
        changes = preview.students.filter(isChange);
      }
      if (preview.status !== 200) return sendRows(res, form.text, preview);
      const page: PastePreview = {
        ...rows,
        text: form.text,
        etag: preview.etag,
        added: changes.filter(({ was }) => was === null),
        changed: changes.filter(({ was }) => was !== null),
        saved: changes.length > 0 ? countStudents(changes.length) : undefined,
        problem: refusal?.error,
      };
      await sendPage(logger, res, 'preview', page, refusal);
    },
  };
}
