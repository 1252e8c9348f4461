import createError from 'http-errors';
import type { Logger } from 'pino';
import type { ApiClient } from '../../api/client';
import type { Outcome, Previewed } from '../../api/responses';
import { readRows, toPatch } from '../../students/paste';
import { ifMatch, takeFields } from './form';
import { type ManagePage, sendPage } from './respond';

/** Of the text, as a browser sends it. */
export const MAX_PASTE_BYTES = 1024 * 1024;

/** The same age in another type or text is no change. */
const isChange = ({ age, was }: Previewed) => was === null || Number(was) !== Number(age);

/**
 * Creates the page for rows of a spreadsheet: pasted, looked at, and then saved, if the list is still
 * the one that was looked at, and so are the columns.
 */
export function pastePage(api: ApiClient, logger: Logger): ManagePage {
  return {
    show: (_req, res) => sendPage(logger, res, 'paste', { text: '' }),
    async act(req, res) {
      // Of the body alone: nothing in an address pastes, or saves.
      const typed = takeFields(req);
      const field = (name: string) => typed.get(name) ?? '';
      const text = field('text');
      if (`${new URLSearchParams({ text })}`.length > MAX_PASTE_BYTES) throw createError(413);
      if (field('edit') || !text.trim()) return sendPage(logger, res, 'paste', { text });
      const visitor = api.as(req);
      const chosen = { names: field('names'), ages: field('ages') };
      const { students, ...rows } = await readRows(text, chosen);
      const lookAt = () => visitor.preview(toPatch(students));
      let preview = await lookAt();
      let changes = preview.students.filter(isChange);
      const columns = `${rows.columns.names}/${rows.columns.ages}`;
      const isOther = field('save') !== '' && columns !== field('columns');
      let refusal: Outcome | undefined;
      if (field('save') && !isOther && changes.length > 0) {
        const patch = toPatch(changes.map(({ name, age }) => [name, age]));
        // With the tag of what was shown before: refused when the list is another one now.
        refusal = await visitor.patch(patch, ifMatch(field('etag')));
        if (refusal.status < 300) {
          const { leftOut } = rows;
          return sendPage(logger, res, 'saved', { done: 'paste', edits: changes, leftOut });
        }
        // Only now has the API read a file that somebody has edited by hand.
        if (refusal.status === 412) preview = await lookAt();
        changes = preview.students.filter(isChange);
      }
      if (preview.status !== 200) {
        return sendPage(logger, res, 'paste', { text, refusal: preview });
      }
      await sendPage(logger, res, 'preview', {
        ...rows,
        text,
        etag: preview.etag,
        isOther,
        seen: refusal && field('seen').split('\t'),
        changes,
        all: students.size,
        refusal,
      });
    },
  };
}
