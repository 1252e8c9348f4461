import request from 'supertest';
import { createApiClient } from '../src/api/client';
import { createApp } from '../src/app';
import { captureLog } from './captured-log';
import { readHere } from './held-students';
import { textOf } from './html';
import { type RunningServer, startApi } from './scripted-api';
import { playList, RIGHT } from './scripted-list';

const running: RunningServer[] = [];

/** Ends the APIs of all sites. */
export async function closeSites(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close()));
}

/** A website, whose own credentials are wrong, and the API that it changes the list of. */
export async function openSite({ api = playList(), basePath = '' } = {}) {
  const server = await startApi(api.listener);
  running.push(server);
  const { url } = server;
  const { logger, lines } = captureLog();
  const own = { username: 'website', password: 'hidden' };
  const app = createApp({
    api: createApiClient({ url, ...own, read: readHere }),
    logger,
    basePath,
  });
  return {
    app,
    api,
    lines,
    /** Makes the website's own credentials right. */
    acceptWebsite: () => void api.accepted.push(`Basic ${btoa('website:hidden')}`),
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
