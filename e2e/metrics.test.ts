import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { type Stack, startStack } from './stack';

const IMAGE = `${PREFIX}/prometheus:e2e`;
const PROMETHEUS = `${PREFIX}-metrics-prometheus`;

let stack: Stack;
let folder: string;

beforeAll(async () => {
  await docker(['build', '--quiet', '--tag', IMAGE, join(ROOT, 'e2e/prometheus')]);
  stack = await startStack('metrics', { METRICS_PORT: '9090' });
  folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  await cp(join(ROOT, 'monitoring'), folder, { recursive: true });
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, (await readFile(config, 'utf8')).replaceAll('15s', '1s'));
  const network = await inspect(stack.container('website'), '{{.HostConfig.NetworkMode}}');
  const start = ['prometheus', '--config.file=/m/prometheus.yml', '--storage.tsdb.path=/tmp/data'];
  const options = ['--detach', '--name', PROMETHEUS, '--network', network];
  await docker(['run', ...options, '--volume', `${folder}:/m:ro`, IMAGE, ...start]);
});
afterAll(async () => {
  await docker(['rm', '--force', PROMETHEUS]);
  await stack?.down();
  await rm(folder, { recursive: true });
});

const get = (url: string) => exec(PROMETHEUS, 'wget', '-qO-', url);
const query = async (of: string) =>
  JSON.parse(await get(`http://localhost:9090/api/v1/query?query=${encodeURIComponent(of)}`)).data
    .result as readonly { metric: Record<string, string>; value: [number, string] }[];

test('a Prometheus sees both services, and what they count', async () => {
  await eventually(async () => {
    const up = (await query('up')).map(({ metric, value }) => [metric['job'], value[1]]);
    expect(up.sort()).toEqual([
      ['api', '1'],
      ['website', '1'],
    ]);
  });
  await stack.page();
  await stack.page('/nowhere');
  await docker(['stop', stack.container('simple-api')]);
  await eventually(async () => expect((await stack.page()).text).toContain('not been reachable'));
  await docker(['start', stack.container('simple-api')]);
  const seconds = 'http_request_duration_seconds_count';
  for (const of of [
    'students == 6',
    'list_problem == 0',
    'list_last_look_seconds < 60',
    'pages_shown_again_total > 0',
    'api_responses_total{status="200"} > 0',
    'api_responses_total{status="none"} > 0',
    'nodejs_eventloop_lag_p99_seconds{job="website"} > 0',
    `${seconds}{job="website", route="/students", status="200"} > 0`,
    `${seconds}{job="website", route="none", status="404"} > 0`,
  ]) {
    await eventually(async () => expect([of, await query(of)]).toEqual([of, [expect.anything()]]));
  }
});

test('promtool finds nothing to say of them, and the alerts are raised by what they are for', async () => {
  for (const service of ['simple-api', 'website']) {
    const check = `wget -qO- http://${service}:9090/metrics | promtool check metrics`;
    expect(await exec(PROMETHEUS, 'sh', '-c', `${check} 2>&1`)).toBe('');
  }
  expect(await exec(PROMETHEUS, 'promtool', 'check', 'config', '/m/prometheus.yml')).toContain(
    '6 rules found',
  );
  const tested = await exec(PROMETHEUS, 'promtool', 'test', 'rules', '/m/alerts.test.yml');
  expect(tested).toContain('SUCCESS');
});

test('nothing of them can be had from this machine', async () => {
  for (const url of [stack.api, stack.website]) {
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  }
  for (const service of ['simple-api', 'website'] as const) {
    const published = await inspect(stack.container(service), '{{json .NetworkSettings.Ports}}');
    expect(published).not.toContain('9090');
  }
});
