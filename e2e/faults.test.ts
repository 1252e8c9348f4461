import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { basicAuth, READER, SIX } from './api';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { startLoad, type Visit } from './load';
import { type Stack, startStack } from './stack';

const REQUESTS_A_SECOND = 50;
const SINCE = /The student list has not been reachable since <time datetime="[-\dT:]+Z">/;

let stack: Stack;
let api: string;
let pages: ReturnType<typeof startLoad>;
let lists: typeof pages;

beforeAll(async () => {
  stack = await startStack('faults');
  api = stack.container('simple-api');
});
afterAll(() => stack?.down());

beforeEach(async () => {
  await eventually(async () => {
    for (const { status } of [await stack.getList(), await stack.page()]) expect(status).toBe(200);
  });
  pages = startLoad(`${stack.website}/students`, REQUESTS_A_SECOND);
  const headers = { Authorization: basicAuth(READER) };
  const list = `${stack.api}/supmit/api/v1.0/get_student_ages`;
  lists = startLoad(list, REQUESTS_A_SECOND, headers);
  await eventually(() => {
    for (const { visits } of [pages, lists]) expect(visits.length).toBeGreaterThan(0);
  });
});
afterEach(() => Promise.all([pages?.stop(), lists?.stop()]));

const failed = (visits: readonly Visit[]) => visits.filter(({ status }) => status !== 200);
const onNetwork = async (...command: string[]) => {
  const network = await inspect(stack.container('website'), '{{.HostConfig.NetworkMode}}');
  await docker(['network', ...command, network, api]);
};
const connect = () => onNetwork('connect', '--alias', 'simple-api');
const restartWithout = async () => {
  await rm(stack.list);
  await docker(['restart', api]);
};

test.each<[string, string, () => Promise<unknown>, () => Promise<unknown>]>([
  ['killed', 'cannot be reached', () => docker(['kill', api]), () => docker(['start', api])],
  ['stopped', 'cannot be reached', () => docker(['stop', api]), () => docker(['start', api])],
  ['silent', 'takes too long', () => docker(['pause', api]), () => docker(['unpause', api])],
  ['cut off', 'be reached|too long', () => onNetwork('disconnect'), connect],
  ['empty', 'no student list', restartWithout, () => writeFile(stack.list, JSON.stringify(SIX))],
])('while the API is %s, pages are kept, others say: %s', async (how, words, away, back) => {
  await away();
  await eventually(async () => expect((await stack.page()).text).toMatch(SINCE));
  await eventually(async () => {
    const { status, text } = await stack.page(`/students?name=never-${how.slice(0, 3)}`);
    expect(status === 503 || status === 504).toBe(true);
    expect(text).toMatch(RegExp(`Error ${status}[^]*(${words})`));
  });
  expect((await stack.page('/health/ready')).status).toBe(503);
  await back();
  await eventually(async () => expect((await stack.page()).text).not.toMatch(SINCE));
  const visits = await pages.stop();
  expect(failed(visits)).toEqual([]);
  for (const { text } of visits) expect(text).toContain('6 students');
});

// While a port is published, Docker's proxy accepts for a container that is gone, so a client sees a
// connection that ends without a response. In the half second before the service closes, none may.
test.each(['simple-api', 'website'] as const)('%s stops gracefully', async (service) => {
  const container = stack.container(service);
  const stopping = Date.now();
  await docker(['stop', container]);
  expect(await inspect(container, '{{.State.ExitCode}}')).toBe('0');
  const load = service === 'website' ? pages : lists;
  const accepted = (await load.stop()).filter(({ at }) => at < stopping + 300);
  await docker(['start', container]);
  expect(failed(accepted)).toEqual([]);
});

test('while a list is broken and mended, all requests get a complete valid one', async () => {
  const names = Object.keys(SIX).sort();
  const listOf = (age: number) =>
    JSON.stringify(Object.fromEntries(names.map((it) => [it, `${age}`])));
  const written = new Set([JSON.stringify((await stack.getList()).body.student_ages)]);
  for (let age = 10; age < 35; age++) {
    written.add(listOf(age));
    await writeFile(stack.list, listOf(age));
    await sleep(100);
    // A part of a file, as a slow writer leaves it for a while: only the end is missing.
    await writeFile(stack.list, listOf(age).replace(/,[^,]*$/, ''));
    await sleep(60);
  }
  const visits = await lists.stop();
  expect(failed([...visits, ...(await pages.stop())])).toEqual([]);
  const seen = new Set(visits.map(({ text }) => JSON.stringify(JSON.parse(text).student_ages)));
  for (const list of seen) expect(written).toContain(list);
  expect(seen.size).toBeGreaterThan(2);
});
