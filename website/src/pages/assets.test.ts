import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { closeServers, startServer } from '../../test/scripted-api';
import { createApiClient } from '../api/client';
import { createApp } from '../app';
import { assets } from './assets';
import { errorHandler } from './errors';

const { logger, lines } = captureLog();
const credentials = { username: 'not', password: 'asked' };
const app = createApp({
  api: createApiClient({ url: 'http://127.0.0.1:9', ...credentials }),
  logger,
});

afterEach(closeServers);

/** Where a page says that the assets are. */
async function addresses(path = '/'): Promise<string[]> {
  const { text } = await request(app).get(path);
  const found = [...text.matchAll(/<(?:link|img) [^>]*(?:href|src)="([^"]*)"/g)];
  return [...new Set(found.map(([, address = '']) => address))].sort();
}

async function styleSheet(): Promise<string> {
  const [, css = ''] = await addresses();
  return css;
}

test('each page asks for the same two, named after their content', async () => {
  for (const path of ['/', '/nowhere']) {
    expect(await addresses(path)).toEqual([
      expect.stringMatching(/^\/favicon-[A-Z0-9]{8}\.svg$/),
      expect.stringMatching(/^\/site-[A-Z0-9]{8}\.css$/),
    ]);
  }
});

test.each([
  ['br', 'gzip, deflate, br', 12_000],
  ['gzip', 'gzip', 14_000],
  [undefined, 'identity', 90_000],
])('they are sent as %s to who takes %s, and kept for good', async (coding, accepted, size) => {
  for (const [index, type] of ['image/svg+xml', 'text/css'].entries()) {
    const address = (await addresses())[index] ?? '';
    const ask = () => request(app).get(address).set('Accept-Encoding', accepted);
    const { headers, body, text } = await ask().expect(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['vary']).toBe('Accept-Encoding');
    expect(headers['cache-control']).toBe('public,max-age=31536000,immutable');
    expect(Number(headers['content-length'])).toBeLessThan(size);
    if (coding !== 'br') {
      const whole = await readFile(join(__dirname, '../../dist/assets', address), 'utf8');
      expect(text ?? String(body)).toBe(whole);
    }
    await ask()
      .set('If-None-Match', headers['etag'] ?? '')
      .expect(304);
    const head = await request(app).head(address).set('Accept-Encoding', accepted).expect(200);
    expect(head.headers['content-length']).toBe(headers['content-length']);
  }
});

test.each([
  ['bytes=0-', 206],
  ['bytes=10-19', 206],
  ['bytes=99999999-', 416],
  ['bytes=99999998-99999999', 416],
  ['bytes=5-2', 200],
  ['bytes=-5', 200],
  ['bytes=0-1,3-4', 200],
  ['lines=1', 200],
])('a range, %s, is met with %i, and nothing in the log', async (range, status) => {
  lines.length = 0;
  const asked = { Range: range, 'If-Match': '"other"', 'Accept-Encoding': 'identity' };
  const ask = request(app).get(await styleSheet());
  const { headers } = await ask.set(asked).expect(status);
  if (range === 'bytes=10-19') expect(headers['content-length']).toBe('10');
  expect(lines.filter((line) => JSON.parse(line).level > 20)).toEqual([]);
});

test.each([
  '/site.css',
  '/assets.json',
  '/server.js',
  '/.gitignore',
  '/../package.json',
  '/%2e%2e/package.json',
  '/partials',
])('%s is not among them', async (path) => {
  expect((await request(app).get(path).expect(404)).text).toContain('There is no such page');
});

describe('a file', () => {
  /** Serves one large asset, and tells what it is read with. */
  async function serveOne() {
    const folder = await mkdtemp(join(tmpdir(), 'assets-'));
    await writeFile(join(folder, 'a-1.css'), 'a'.repeat(16 * 1024 * 1024));
    const files: Readable[] = [];
    const site = express();
    site.use((_req, res, next) => next(void res.once('pipe', (file) => files.push(file))));
    site.use(assets(folder), errorHandler(logger));
    const server = await startServer(site);
    return { folder, files, server };
  }

  test('is closed when the client goes away', async () => {
    const { folder, files, server } = await serveOne();
    await new Promise((resolve) => {
      get(`${server.url}/a-1.css`, (res) => resolve(res.once('data', () => res.destroy())));
    });
    const [file] = files;
    if (!file?.closed) await new Promise((resolve) => file?.once('close', resolve));
    await server.close();
    await rm(folder, { recursive: true });
  });

  test('that cannot be read ends the connection, and not the process', async () => {
    const { folder, server } = await serveOne();
    await rm(folder, { recursive: true });
    await expect(request(server.url).get('/a-1.css')).rejects.toThrow(/aborted|socket hang up/);
    expect(lines.join()).toContain('ENOENT');
    await server.close();
  });
});
