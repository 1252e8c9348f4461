import request from 'supertest';
import { captureLog } from '../../simple_api/test/captured-log';
import { closeAfter } from '../../simple_api/test/closing';
import { createApiClient } from '../src/api/client';
import { createApp } from '../src/app';
import { textOf } from './html';
import { openApi, RIGHT, SIX } from './recorded-api';
import { startServer } from './scripted-api';
import { holdTimeLimits } from './time-limits';

export type Site = Awaited<ReturnType<typeof openSite>>;

/** A website, and the API that it shows the list of. */
export async function openSite({ students = SIX, basePath = '', isProduction = false } = {}) {
  const limits = holdTimeLimits();
  const api = await openApi(students);
  const { url } = await startServer(api.listener);
  const { logger, lines } = captureLog();
  // What is counted is logged ten seconds later, when there is no test any more.
  closeAfter(() => {
    logger.level = 'silent';
  });
  const environment = process.env['NODE_ENV'];
  if (isProduction) process.env['NODE_ENV'] = 'production';
  const app = createApp(createApiClient(url, 'website', 'hidden'), logger, basePath);
  process.env['NODE_ENV'] = environment;
  const visit = request.agent(app); // keeps cookies
  return {
    app,
    api,
    /** The lines of the log, from a level on. */
    logged: (level = 0) => lines.map((it) => JSON.parse(it)).filter((it) => it.level >= level),
    /** Ends every connection to the API; its port is kept, or the next server would get it. */
    endApi: () => {
      api.before = async () => (req) => void req.socket.destroy();
    },
    endLimits: limits.end,
    visit,
    get: (path: string) => visit.get(path).set('Authorization', RIGHT),
    head: (path: string) => visit.head(path).set('Authorization', RIGHT),
    /** Sends a form, as the page's own does. */
    post: (path: string, fields: Record<string, string>) =>
      visit
        .post(path)
        .set('Authorization', RIGHT)
        .type('form')
        .send(`${new URLSearchParams(fields)}`),
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

const hiddenIn = (html: string) =>
  Array.from(
    html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g),
    ([, name = '', value = '']): [string, string] => [name, textOf(value)],
  );

/** What the hidden fields of a page's form have. */
export const hiddenOf = (html: string) => Object.fromEntries(hiddenIn(html));

/** Presses the page's "Undo". */
export function undo(site: Site, html: string) {
  const [, path = ''] = /action="([^"]*\/undo[^"]*)"/.exec(html) ?? [];
  const fields = new URLSearchParams(hiddenIn(html.slice(html.indexOf(path))));
  return site.post(path, {}).send(`${fields}`);
}
