import type { Response } from 'express';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import { type Outcome, outcome, type Previewed } from '../../api/responses';
import { readRows, toPatch } from '../../students/paste';
import { countStudents } from '../students-page';
import { ifMatch } from './form';
import { type ManagePage, sendPage, sendSaved } from './respond';

const CHANGED =
  'Somebody has changed the list meanwhile. Please look at what would be saved now; what you have not seen is marked.';
const OTHERS = 'You have chosen other columns. Please look at what would be saved now.';

/** The same age in another type or text is no change. */
const isChange = ({ age, was }: Previewed) => was === null || Number(was) !== Number(age);

/**
 * Creates the page for rows of a spreadsheet: pasted, looked at, and then saved, if the list is still
 * the one that was looked at, and so are the columns.
 */
export function pastePage(api: ApiClient, logger: Logger): ManagePage {
  const sendRows = (res: Response, shown: { text: string; refusal?: Outcome }) =>
    sendPage(logger, res, 'paste', shown);

  return {
    show: (_req, res) => sendRows(res, { text: '' }),
    async act(req, res) {
      // Of the body alone: nothing in an address pastes, or saves.
      const typed = new URLSearchParams(String(req.body ?? ''));
      req.body = undefined;
      const field = (name: string) => typed.get(name) ?? '';
      const text = field('text');
      if (field('edit') || !text.trim()) return sendRows(res, { text });
      const visitor = api.as(req);
      const chosen = { names: field('names'), ages: field('ages') };
      const { students, ...rows } = await readRows(text, chosen);
      const lookAt = async () => {
        const preview = await visitor.preview(toPatch(students));
        return { preview, changes: preview.students.filter(isChange) };
      };
      let { preview, changes } = await lookAt();
      let refusal: Outcome | undefined;
      const columns = `${rows.columns.names}/${rows.columns.ages}`;
      const lookedAt = field('columns') || columns;
      if (field('save') && columns !== lookedAt) {
        refusal = outcome.parse({ status: 409, error: OTHERS });
      } else if (field('save') && changes.length > 0) {
        const patch = toPatch(changes.map(({ name, age }) => [name, age]));
        // With the tag of what was shown before: refused when the list is another one now.
        refusal = await visitor.patch(patch, ifMatch({ etag: field('etag') }));
        if (refusal.status < 300) {
          return sendSaved(res, { done: 'paste', edits: changes, etag: refusal.etag });
        }
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
        seen: refusal?.error === CHANGED ? new Set(field('seen').split('\t')) : undefined,
        added: changes.filter(({ was }) => was === null),
        changed: changes.filter(({ was }) => was !== null),
        same: students.size - changes.length,
        saved: changes.length > 0 ? countStudents(changes.length) : undefined,
        refusal,
      });
    },
  };
}
