import { join } from 'node:path';
import ejs from 'ejs';
import type { Application } from 'express';
import type { OneStudent, Outcome } from '../api/responses';
import type { ErrorPage } from './error-page';
import type { Form } from './manage/form';
import type { PastePreview } from './manage/paste';
import type { StudentsPage } from './students-page';

/** A form with what was typed, and why the API refuses it. */
interface FormPage {
  readonly form: Form;
  readonly refusal: Outcome | undefined;
}

/** The views, each with what it shows. */
export interface Views {
  home: Record<string, never>;
  students: StudentsPage;
  /** The line above a page of the list, while that cannot be had. */
  away: { readonly since: Date };
  add: StudentsPage & FormPage;
  change: OneStudent & FormPage;
  remove: OneStudent & FormPage;
  paste: { readonly text: string; readonly problem: string | undefined };
  preview: PastePreview;
  error: ErrorPage & { readonly retryAddress: string };
}

/**
 * Makes an app able to render the views. They are compiled once in production, and each time they
 * are needed otherwise, so that an edit shows.
 *
 * @param folder that has views/, and dist/ with the addresses of the assets
 * @param basePath what all addresses in them start with
 */
export function setUpViews(app: Application, folder: string, basePath: string): void {
  app.set('views', join(folder, 'views'));
  app.set('view engine', 'ejs');
  // Named here, because Express would look for the engine in node_modules, which the image lacks.
  // The options stand apart from the data, which EJS takes none from.
  app.engine('ejs', (path, data, done) => {
    ejs.renderFile(path, data, { cache: app.enabled('view cache') }, done);
  });
  app.locals['base'] = basePath;
  // `node --watch` follows what is required, so that an edit of an asset shows as well.
  app.locals['assets'] = require(join(folder, 'dist/assets.json'));
}

export function renderView<V extends keyof Views>(
  app: Application,
  view: V,
  data: Views[V],
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    app.render(view, data, (error, html) => (error ? reject(error) : resolve(Buffer.from(html))));
  });
}

/** Puts a line at the top of a page. */
export function insertNotice(html: Buffer, notice: Buffer): Buffer {
  const top = html.indexOf('<main>') + '<main>\n'.length;
  return Buffer.concat([html.subarray(0, top), notice, html.subarray(top)]);
}
