import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome, Previewed } from '../../api/responses';
import { readRows, toPatch } from '../../students/paste';
import { countStudents } from '../students-page';
import { formOf, ifMatch } from './form';
import { leadBack, type ManagePage, sendPage } from './respond';

const CHANGED = 'Somebody has changed the list meanwhile. Please look at what would be saved now.';

/** The same age in another type or text is no change. */
const isChange = ({ age, was }: Previewed) => was === null || Number(was) !== Number(age);

/**
 * Creates the page for rows of a spreadsheet: pasted, looked at, and then saved, if the list is still
 * the one that was looked at.
 */
export function pastePage(api: ApiClient, logger: Logger): ManagePage {
  const sendRows = (res: Response, shown: { text: string; refusal?: Outcome }) =>
    sendPage(logger, res, 'paste', shown);

  return {
    show: (_req, res) => sendRows(res, { text: '' }),
    async act(req, res) {
      const form = formOf(req);
      const { text } = form;
      if (form.edit || !text.trim()) return sendRows(res, { text });
      const visitor = api.as(req);
      const { students, ...rows } = readRows(text);
      const lookAt = async () => {
        const preview = await visitor.preview(toPatch(students));
        return { preview, changes: preview.students.filter(isChange) };
      };
      let { preview, changes } = await lookAt();
      let refusal: Outcome | undefined;
      if (form.save && changes.length > 0) {
        const patch = toPatch(changes.map(({ name, age }) => [name, age]));
        // With the tag of what was shown before: refused when the list is another one now.
        refusal = await visitor.patch(patch, ifMatch(form));
        if (refusal.status < 300) return leadBack(res, 'paste', countStudents(changes.length));
        if (refusal.status === 412) {
          refusal.error = CHANGED;
          ({ preview, changes } = await lookAt());
        }
      }
      if (preview.status !== 200) return sendRows(res, { text, refusal: preview });
      await sendPage(logger, res, 'preview', {
        ...rows,
        text,
        etag: preview.etag,
        added: changes.filter(({ was }) => was === null),
        changed: changes.filter(({ was }) => was !== null),
        saved: changes.length > 0 ? countStudents(changes.length) : undefined,
        refusal,
      });
    },
  };
}
