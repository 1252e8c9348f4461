import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type Service, startService } from './child-process';
import { answerWith, listen, SIX, startApi } from './scripted-api';

// Both services as they are shipped: their bundles, each in a process of its own.
const WEBSITE = join(__dirname, '..');
const API = join(__dirname, '../../simple_api');

// A process takes long to start while all other tests run.
jest.setTimeout(20_000);

const started: Service[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.signal('SIGKILL');
    await service.exited;
  }
});

function start(folder: string, env: NodeJS.ProcessEnv): Service {
  const service = startService(folder, { PORT: '0', HOST: '127.0.0.1', ...env });
  started.push(service);
  return service;
}

/** Starts the website and returns its address too. */
async function startWebsite(env: NodeJS.ProcessEnv) {
  const website = start(WEBSITE, env);
  return { website, url: await website.logged(/^listening on (http:\S+)$/) };
}

describe('with a real API', () => {
  test('the list shows, and no log has the credentials', async () => {
    const credentials = { API_USERNAME: 'reader', API_PASSWORD: 'hidden:wörd', LOG_LEVEL: 'debug' };
    const api = start(API, credentials);
    const apiUrl = await api.logged(/^listening on (http:\S+)$/);
    const { website, url } = await startWebsite({ ...credentials, API_URL: `${apiUrl}/` });

    const listed = await fetch(url, { method: 'POST', body: new URLSearchParams() });
    expect(listed.status).toBe(200);
    const text = await listed.text();
    for (const [name, age] of SIX) {
      expect(text).toContain(`<bdi>${name}</bdi></th><td>${age} years old</td>`);
    }
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    api.signal('SIGTERM');
    await api.exited;
    const down = await fetch(`${url}/students`);
    expect(down.status).toBe(503);
    expect(await down.text()).toContain('The student list cannot be reached right now');
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);

    const basic = Buffer.from('reader:hidden:wörd').toString('base64');
    const log = JSON.stringify([website.log, api.log]);
    expect(log).toContain('ECONNREFUSED');
    for (const secret of ['reader', 'hidden', basic]) expect(log).not.toContain(secret);
  });

  test('wrong credentials are a 502', async () => {
    const api = start(API, { API_PASSWORD: 'right' });
    const apiUrl = await api.logged(/^listening on (http:\S+)$/);
    const { url } = await startWebsite({ API_PASSWORD: 'wrong', API_URL: apiUrl });
    expect((await fetch(`${url}/students`)).status).toBe(502);
  });

  test('a missing file is a 503', async () => {
    const api = start(API, { STUDENT_AGE_FILE: '/no/such/file.json' });
    const apiUrl = await api.logged(/^listening on (http:\S+)$/);
    const { url } = await startWebsite({ API_URL: apiUrl });
    const answer = await fetch(`${url}/students`);
    expect(answer.status).toBe(503);
    const text = await answer.text();
    expect(text).toContain('There is no student list right now');
    expect(text).not.toContain('/no/such/file');
  });
});

describe('the process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with code 0 on %s, after the request under way',
    async (signal) => {
      let asked = () => {};
      const underWay = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const api = await startApi((req, res) => {
        asked();
        void sleep(900).then(() => answerWith(SIX)(req, res));
      });
      const { website, url } = await startWebsite({ API_URL: api.url });
      const page = fetch(`${url}/students`);
      await underWay;
      website.signal(signal);
      const answer = await page;
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('6 students');
      expect(await website.exited).toBe(0);
      expect(website.log.map(({ msg }) => msg).slice(-2)).toEqual([`${signal}, closing`, 'closed']);
      await api.close();
    },
  );

  test('sends nothing through a proxy of the environment', async () => {
    const proxied: unknown[] = [];
    const proxy = await startApi((req, res) => {
      proxied.push(req.url);
      res.end();
    });
    const api = await startApi(answerWith(SIX));
    const proxies = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url };
    const { url } = await startWebsite({ ...proxies, API_URL: api.url });
    expect((await fetch(`${url}/students`)).status).toBe(200);
    expect(proxied).toEqual([]);
    await Promise.all([api.close(), proxy.close()]);
  });

  test('says all that is wrong with its configuration, and ends with code 1', async () => {
    const website = start(WEBSITE, {
      PORT: 'x',
      API_URL: 'simple-api',
      API_USERNAME: 'hid:den',
      API_PASSWORD_FILE: '/no/such/file',
    });
    expect(await website.exited).toBe(1);
    expect(website.log.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'fatal API_PASSWORD_FILE: /no/such/file cannot be read: ENOENT',
      'fatal PORT must be a number from 0 to 65535',
      'fatal API_URL must be an address like http://localhost:5000',
      'fatal API_USERNAME must not have a colon (RFC 7617)',
    ]);
  });

  test('says in one line that its port is in use, and ends with code 1', async () => {
    const other = await listen(createServer());
    const website = start(WEBSITE, { PORT: String(other.port) });
    expect(await website.exited).toBe(1);
    expect(website.log.map(({ msg }) => msg)).toEqual([
      `port ${other.port} is in use; set PORT to a free one`,
    ]);
    await other.close();
  });
});

describe('the health check ends with code', () => {
  /** Runs it against a port. */
  async function check(port: number, host = '127.0.0.1'): Promise<unknown> {
    const env = { PATH: process.env['PATH'], PORT: String(port), HOST: host };
    const [code] = await once(
      spawn(process.execPath, [join(WEBSITE, 'dist/healthcheck.js')], { env, stdio: 'inherit' }),
      'close',
    );
    return code;
  }

  test('0 while the website lives, on whatever address', async () => {
    const { url } = await startWebsite({ HOST: '0.0.0.0' });
    expect(await check(Number(new URL(url).port), '0.0.0.0')).toBe(0);
    expect(await check(Number(new URL(url).port))).toBe(0);
  });

  test('1 when live is not 200', async () => {
    const broken = await startApi((_req, res) => void res.writeHead(500).end());
    expect(await check(broken.port)).toBe(1);
    await broken.close();
  });

  test('1 when nobody answers', async () => {
    const silent = await startApi(() => {});
    expect(await check(silent.port)).toBe(1);
    await silent.close();
  });

  test('1 when nobody listens', async () => {
    const nobody = await startApi(() => {});
    await nobody.close();
    expect(await check(nobody.port)).toBe(1);
  });
});
