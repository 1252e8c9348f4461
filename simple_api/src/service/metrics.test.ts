import { expect, test } from '@jest/globals';
import request from 'supertest';
import { captureLog } from '../../test/captured-log';
import { closeAfter } from '../../test/closing';
import { eventually } from '../../test/eventually';
import { createExpress } from './express';
import { count as countOf, NO_METRICS, serveMetrics } from './metrics';
import { listen } from './server';

const HOST = '127.0.0.1';
const COUNTERS = { made_total: { help: 'What was made', labelNames: ['kind'] } };

test('metrics are at a port of their own: requests by pattern, without names, and what is counted', async () => {
  const { logger, lines } = captureLog('info');
  const metrics = await serveMetrics({ METRICS_PORT: 0, HOST }, COUNTERS, logger);
  closeAfter(metrics.close);
  const app = createExpress(logger);
  app.use((req, res, next) => {
    metrics.measure(req, res);
    next();
  });
  app.get('/students/:name', (_req, res) => void res.writeHead(204).end());
  const ask = request(app);
  for (const path of ['/students/Ahmed', '/students/Zoe', '/nowhere/Ahmed']) await ask.get(path);
  countOf('made_total', { kind: 'x' }, 2);
  countOf('made_total', { kind: 'x' });
  countOf('unknown_total');
  metrics.show('answer', 'What it is', async () => 42);
  metrics.show('nothing', 'What fails', () => Promise.reject(new Error('the cause')));
  const [url] = /http:\S+?(?=")/.exec(lines.join()) ?? [];
  const count = 'http_request_duration_seconds_count{method="GET",route=';
  const text = await eventually(async () => {
    const shown = await (await fetch(`${url}`)).text(); // a response is counted when it is over
    expect(shown).toContain(`${count}"/students/:name",status="204"} 2\n`);
    expect(shown).toContain(`${count}"none",status="404"} 1\n`);
    expect(shown).toMatch(/\nnodejs_eventloop_lag_p99_seconds [\d.]+\n/);
    return shown;
  });
  expect(text).toContain('made_total{kind="x"} 3\n');
  expect(text).toContain('\nanswer 42\n');
  expect(text).toContain('\nnothing Nan\n');
  expect(lines.join()).toContain('the cause');
  expect(text).not.toMatch(/Ahmed|Zoe|nowhere/);
  expect((await fetch(`${url}`.replace('/metrics', '/'))).status).toBe(404);
});

test('there are none without a port, and a start that fails where the port is taken', async () => {
  const { logger } = captureLog('info');
  expect(await serveMetrics({ HOST }, COUNTERS, logger)).toBe(NO_METRICS);
  const { server, url } = await listen(() => {}, { PORT: 0, HOST }, logger);
  closeAfter(() => server.close());
  const METRICS_PORT = Number(new URL(url).port);
  await expect(serveMetrics({ METRICS_PORT, HOST }, COUNTERS, logger)).rejects.toThrow(
    'in use; set METRICS_PORT',
  );
});
