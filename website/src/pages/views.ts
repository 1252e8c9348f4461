import { join } from 'node:path';
import ejs from 'ejs';
import type { Application } from 'express';
import type { Answer } from '../api/editor';
import type { Comparison } from '../students/students';
import type { ErrorPage } from './error-page';
import type { StudentsPage } from './students-page';

/** What may be typed into a form, or be in the address that it is sent to. */
export const EMPTY_FORM = { name: '', age: '', etag: '', text: '', save: '' };

export type Form = Readonly<typeof EMPTY_FORM>;

/** What there is to see on a page that changes the list: the list, a student, or what a paste would do. */
export type Shown = StudentsPage | Answer | Comparison;

/** Such a page, with why the API refuses what was typed. */
type FormPage = Shown & { readonly form: Form; readonly refusal: Answer | undefined };

/** The views, each with what it shows. */
export interface Views extends Record<'add' | 'change' | 'remove' | 'paste', FormPage> {
  home: Record<string, never>;
  students: StudentsPage;
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
