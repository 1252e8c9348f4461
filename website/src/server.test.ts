import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { closeGracefully } from '#service/server';
import { makeFolder } from '../../simple_api/test/opened-list';
import { runBundle } from '../../simple_api/test/process';
import { rowsOf } from '../test/html';
import { start } from './server';

// Both services as they are shipped: their bundles, each in a process of its own.
const run = (service: string, env: NodeJS.ProcessEnv) => {
  const folder = join(__dirname, '../..', service);
  return runBundle(join(folder, 'dist/server.js'), folder, { HOST: '127.0.0.1', ...env });
};

/** Variables that would send requests to a proxy which is not there; the last one is for Node.js 24. */
const proxies = {
  http_proxy: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  NODE_USE_ENV_PROXY: '1',
};

test('the list of the real API shows, past any proxy, and no log has the credentials', async () => {
  const credentials = { API_USERNAME: 'reader', API_PASSWORD: 'hidden:wörd', LOG_LEVEL: 'debug' };
  const STUDENT_AGE_FILE = join(await makeFolder(), 'student_age.json');
  await writeFile(STUDENT_AGE_FILE, '{"Ahmed": "20"}');
  const api = run('simple_api', { ...credentials, STUDENT_AGE_FILE });
  const website = run('website', { ...credentials, ...proxies, API_URL: `${await api.url()}/` });
  const url = await website.url();
  const listed = await fetch(url, { method: 'POST', body: new URLSearchParams() });
  expect(rowsOf(await listed.text())).toEqual([['Ahmed', '20 years old']]);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);

  api.child.kill('SIGTERM');
  expect(await api.exit).toEqual([0, null]);
  expect((await fetch(`${url}/students`)).status).toBe(503);
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  website.child.kill('SIGTERM');
  expect(await website.exit).toEqual([0, null]);

  const basic = Buffer.from('reader:hidden:wörd').toString('base64');
  const log = website.output() + api.output();
  expect(log).toContain('ECONNREFUSED');
  for (const secret of ['reader', 'hidden', basic]) expect(log).not.toContain(secret);
});

test('start listens and serves', async () => {
  const { server, url } = await start({ PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' });
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  await closeGracefully(server);
});
