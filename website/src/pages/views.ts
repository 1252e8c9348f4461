import { join } from 'node:path';
import ejs from 'ejs';
import type { Application, Response } from 'express';
import { representBoth } from '#service/representation';
import { OF_PEOPLE } from './headers';

const HTML = { 'Content-Type': 'text/html; charset=utf-8' };

/** @param folder that has views/, and dist/ with the addresses of the assets */
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

export function renderView(app: Application, view: string, data: object): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    app.render(view, data, (error, html) => (error ? reject(error) : resolve(Buffer.from(html))));
  });
}

export const representPage = (html: Buffer) => representBoth(html, HTML, OF_PEOPLE);

export function sendHtml(res: Response, status: number, html: Buffer, headers: object = {}) {
  res.writeHead(status, {
    ...HTML,
    'Content-Length': html.length,
    ...OF_PEOPLE,
    ...headers,
  });
  // As characters, Node.js writes it together with the headers: that is one system call.
  res.end(html.toString('latin1'), 'latin1');
}
