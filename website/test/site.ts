import request from 'supertest';
import { createApiClient } from '../src/api/client';
import { createApp } from '../src/app';
import { captureLog } from './captured-log';
import { textOf } from './html';
import { atEnd, startServer } from './scripted-api';
import { playList, RIGHT } from './scripted-list';

/** A website, and the API that it shows the list of. */
export async function openSite({ api = playList(), basePath = '', isProduction = false } = {}) {
  const { url, close } = await startServer((req, res) => api.listener(req, res));
  const { logger, lines } = captureLog();
  // What is counted is logged ten seconds later, when there is no test any more.
  atEnd(() => {
    logger.level = 'silent';
  });
  const environment = process.env['NODE_ENV'];
  if (isProduction) process.env['NODE_ENV'] = 'production';
  const client = createApiClient({ url, username: 'website', password: 'hidden' });
  const app = createApp({ api: client, logger, basePath });
  process.env['NODE_ENV'] = environment;
  return {
    app,
    api,
    lines,
    /** Ends the API. */
    endApi: close,
    visit: request(app),
    get: (path: string) => request(app).get(path).set('Authorization', RIGHT),
    head: (path: string) => request(app).head(path).set('Authorization', RIGHT),
    /** Sends a form, as the page's own does. */
    post: (path: string, fields: Record<string, string>) =>
      request(app)
        .post(path)
        .set('Authorization', RIGHT)
        .type('form')
        .send(new URLSearchParams(fields).toString()),
  };
}

/** What a page says, in one line. */
export const wordsOf = (html: string) =>
  textOf(html.replace(/^.*<body>/s, ''))
    .replace(/\s+/g, ' ')
    .trim();

/** The value of a page's field. */
export const fieldOf = (html: string, field: string) =>
  textOf(new RegExp(`name="${field}" value="([^"]*)"`).exec(html)?.[1] ?? '');
