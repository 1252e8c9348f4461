import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { basicAuth, CREDENTIALS } from './api';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { startLoad, type Visit } from './load';
import { createStack, type Stack } from './stack';

/** How soon the website must respond, whatever happens to the API, in ms. */
const RESPONSE_MS = 3_000;

/** How soon the website must show the list again once the API is back, in ms. */
const RECOVERY_MS = 5_000;

const REQUESTS_A_SECOND = 150;

let stack: Stack;
let api: string;
let pages: ReturnType<typeof startLoad>;
let lists: typeof pages;

beforeAll(async () => {
  stack = await createStack('faults');
  await stack.compose('up', '--detach', '--wait');
  api = stack.container('simple-api');
});
afterAll(() => stack.down());

beforeEach(async () => {
  pages = startLoad(`${stack.website}/students`, REQUESTS_A_SECOND);
  lists = startLoad(`${stack.api}/supmit/api/v1.0/get_student_ages`, REQUESTS_A_SECOND, {
    Authorization: basicAuth(CREDENTIALS),
  });
  await eventually(20_000, () => {
    for (const { visits } of [pages, lists]) expect(visits.at(-1)?.status).toBe(200);
  });
});
afterEach(() => Promise.all([pages.stop(), lists.stop()]));

const statuses = (visits: readonly Visit[]) => [...new Set(visits.map(({ status }) => status))];

/** Checks that pages are served again, and that each until then was one of the contract, in time. */
async function expectRecovered(): Promise<void> {
  const back = Date.now();
  await eventually(RECOVERY_MS, () => {
    const visits = pages.visits.filter(({ at }) => at >= back);
    expect(statuses(visits)).toContain(200);
  });
  const visits = await pages.stop();
  expect(visits.length).toBeGreaterThan(REQUESTS_A_SECOND / 2);
  for (const { status, ms, text } of visits) {
    expect([200, 502, 503, 504]).toContain(status);
    expect(ms).toBeLessThan(RESPONSE_MS);
    expect(text).toContain(status === 200 ? '6 students' : `Error ${status}`);
  }
}

test('the website always responds: API killed', async () => {
  await docker(['kill', '--signal', 'KILL', api]);
  await sleep(1_500);
  const recent = pages.visits.filter(({ at }) => at > Date.now() - 500);
  expect(statuses(recent)).not.toContain(200);
  await docker(['start', api]);
  await expectRecovered();
});

test('the website always responds: API silent for five seconds', async () => {
  await docker(['pause', api]);
  await sleep(5_000);
  await docker(['unpause', api]);
  await expectRecovered();
  expect(statuses(pages.visits)).toContain(504);
});

test('the website always responds: API cut off the network', async () => {
  const names = '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}';
  const network = await inspect(api, names);
  await docker(['network', 'disconnect', network, api]);
  await sleep(3_000);
  await docker(['network', 'connect', '--alias', 'simple-api', network, api]);
  await expectRecovered();
});

// While a port is published, Docker's proxy accepts for a container that is gone, so a client sees a
// connection that ends without a response. In the half second before the service closes, none may.
test.each(['simple-api', 'website'] as const)(
  'a graceful stop of %s finishes every accepted request',
  async (service) => {
    const container = stack.container(service);
    const stopping = Date.now();
    await docker(['stop', container]);
    expect(await inspect(container, '{{.State.ExitCode}}')).toBe('0');
    const load = service === 'website' ? pages : lists;
    const accepted = (await load.stop()).filter(({ at }) => at < stopping + 400);
    expect(accepted.filter(({ at }) => at > stopping).length).toBeGreaterThan(30);
    expect(accepted.filter(({ status }) => status !== 200)).toEqual([]);
    await docker(['start', container]);
  },
);

test('a list that is broken and mended fails no request, and none but complete valid files are served', async () => {
  const names = ['Ahmed', 'Amine', 'Hiba', 'Meryem', 'Omar', 'Sara'];
  const written = new Set<string>();
  for (let age = 0; age < 25; age++) {
    const list = JSON.stringify(Object.fromEntries(names.map((name) => [name, String(age)])));
    written.add(list);
    await writeFile(stack.list, list);
    await sleep(100);
    // A part of a file, as a slow writer leaves it for a while: only the end is missing.
    await writeFile(stack.list, list.slice(0, list.lastIndexOf(',')));
    await sleep(60);
  }
  const recent = Date.now() - 3_000;
  const visits = (await lists.stop()).filter(({ at }) => at >= recent);
  const shown = (await pages.stop()).filter(({ at }) => at >= recent);
  expect(statuses([...visits, ...shown])).toEqual([200]);
  const seen = new Set(visits.map(({ text }) => JSON.stringify(JSON.parse(text).student_ages)));
  for (const list of seen) expect(written).toContain(list);
  expect(seen.size).toBeGreaterThan(2);
});
