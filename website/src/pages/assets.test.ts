import { rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { captureLog } from '../../../simple_api/test/captured-log';
import { makeFolder } from '../../../simple_api/test/opened-list';
import { startServer } from '../../test/scripted-api';
import { openSite, type Site } from '../../test/site';
import { assets } from './assets';
import { errorHandler } from './errors';

/** Where a page says that the assets are: the icon, and the style sheet. */
async function addresses({ visit }: Site, path = '/'): Promise<string[]> {
  const { text } = await visit.get(path);
  const found = [...text.matchAll(/<(?:link|img) [^>]*(?:href|src)="([^"]*)"/g)];
  return [...new Set(found.map(([, address = '']) => address))].sort();
}

test('each page asks for the same two, named after their content', async () => {
  const site = await openSite();
  for (const path of ['/', '/nowhere']) {
    expect(await addresses(site, path)).toEqual([
      expect.stringMatching(/^\/favicon-[A-Z0-9]{8}\.svg$/),
      expect.stringMatching(/^\/site-[A-Z0-9]{8}\.css$/),
    ]);
  }
});

test.each([
  ['br', 'gzip, deflate, br', 13_000],
  ['gzip', 'gzip', 15_000],
  [undefined, 'identity', 95_000],
])('they are sent as %s to who takes %s, and kept for good', async (coding, accepted, size) => {
  const site = await openSite();
  for (const [i, address] of (await addresses(site)).entries()) {
    const asked = site.visit.get(address).set('Accept-Encoding', accepted);
    const { headers } = await asked.expect(200);
    expect(headers['content-type']).toBe(i === 0 ? 'image/svg+xml' : 'text/css');
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['vary']).toBe('Accept-Encoding');
    expect(headers['cache-control']).toBe('public,max-age=31536000,immutable');
    expect(Number(headers['content-length'])).toBeLessThan(size);
  }
});

test.each([
  ['bytes=10-19', 206],
  ['bytes=5-2', 200],
  ['bytes=-5', 200],
])('a range, %s, is met with %i, and nothing in the log', async (range, status) => {
  const site = await openSite();
  const [, css = ''] = await addresses(site);
  const asked = { Range: range, 'If-Match': '"other"', 'Accept-Encoding': 'identity' };
  const { headers } = await site.visit.get(css).set(asked).expect(status);
  if (status === 206) expect(headers['content-length']).toBe('10');
  expect(site.logged(30)).toEqual([]);
});

test.each(['/site.css', '/assets.json', '/.gitignore', '/../package.json', '/%2e%2e/package.json'])(
  '%s is not among them',
  async (path) => void (await (await openSite()).visit.get(path).expect(404)),
);

test('a file is closed when the client goes away; one that cannot be read ends the connection', async () => {
  const { logger, lines } = captureLog();
  const folder = await makeFolder();
  const file = join(folder, 'a-1.css');
  await writeFile(file, 'a'.repeat(16 * 1024 * 1024));
  const site = express();
  let closed: Promise<unknown> = Promise.resolve();
  site.use((_req, res, next) => {
    res.once('pipe', (file) => {
      closed = new Promise((resolve) => file.once('close', resolve));
    });
    next();
  });
  site.use(assets(folder), errorHandler(logger));
  const { url } = await startServer(site);
  await new Promise((resolve) => {
    get(`${url}/a-1.css`, (res) => resolve(res.once('data', () => res.destroy())));
  });
  await closed;
  await rm(file);
  await expect(request(url).get('/a-1.css')).rejects.toThrow(/aborted|socket hang up/);
  expect(lines.join()).toContain('ENOENT');
});
