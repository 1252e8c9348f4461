import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { basicAuth, READER, SIX } from './api';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { startLoad, type Visit } from './load';
import { type Stack, startStack } from './stack';

const REQUESTS_A_SECOND = 50;
const NOTICE = 'The student list has not been reachable since';

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
    expect((await stack.getList()).status).toBe(200);
    expect((await stack.page()).status).toBe(200);
  });
  pages = startLoad(`${stack.website}/students`, REQUESTS_A_SECOND);
  lists = startLoad(`${stack.api}/supmit/api/v1.0/get_student_ages`, REQUESTS_A_SECOND, {
    Authorization: basicAuth(READER),
  });
  await eventually(() => {
    for (const { visits } of [pages, lists]) expect(visits.length).toBeGreaterThan(0);
  });
});
afterEach(() => Promise.all([pages?.stop(), lists?.stop()]));

const failed = (visits: readonly Visit[]) => visits.filter(({ status }) => status !== 200);

const networkOf = () =>
  inspect(api, '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}');

test.each<[string, RegExp, () => Promise<unknown>, () => Promise<unknown>]>([
  ['killed', /^50[34]$/, () => docker(['kill', api]), () => docker(['start', api])],
  ['stopped', /^50[34]$/, () => docker(['stop', api]), () => docker(['start', api])],
  ['silent', /^504$/, () => docker(['pause', api]), () => docker(['unpause', api])],
  [
    'cut off the network',
    /^50[34]$/,
    async () => docker(['network', 'disconnect', await networkOf(), api]),
    async () =>
      docker([
        'network',
        'connect',
        '--alias',
        'simple-api',
        `${api.slice(0, -13)}_my-network`,
        api,
      ]),
  ],
  [
    'without a list after a restart',
    /^503$/,
    async () => {
      await rm(stack.list);
      await docker(['restart', api]);
    },
    () => writeFile(stack.list, JSON.stringify(SIX)),
  ],
])(
  'while the API is %s, a page that was shown is shown, and says since when; another explains (%p)',
  async (what, status, away, back) => {
    await away();
    await eventually(async () => {
      const { text } = await stack.page();
      expect(text).toMatch(new RegExp(`${NOTICE} <time datetime="[-\\dT:]+Z">`));
    });
    await eventually(async () => {
      const other = await stack.page(`/students?name=${encodeURIComponent(what)}`);
      expect(`${other.status}`).toMatch(status);
      expect(other.text).toContain(`Error ${other.status}`);
      expect(other.text).toMatch(/no student list right now|cannot be reached|takes too long/);
    });
    expect((await fetch(`${stack.website}/health/ready`)).status).toBe(503);
    await back();
    await eventually(async () => {
      const { text } = await stack.page();
      expect(text).not.toContain(NOTICE);
    });
    const visits = await pages.stop();
    expect(failed(visits)).toEqual([]);
    for (const { text } of visits) expect(text).toContain('6 students');
    expect((await fetch(`${stack.website}/health/ready`)).status).toBe(200);
  },
);

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
    const accepted = (await load.stop()).filter(({ at }) => at < stopping + 300);
    await docker(['start', container]);
    expect(accepted.some(({ at }) => at > stopping)).toBe(true);
    expect(failed(accepted)).toEqual([]);
  },
);

test('a list that is broken and mended fails no request, and none but complete valid files are served', async () => {
  const written = new Set<string>();
  for (let age = 10; age < 35; age++) {
    const list = JSON.stringify(
      Object.fromEntries(
        Object.keys(SIX)
          .sort()
          .map((name) => [name, String(age)]),
      ),
    );
    written.add(list);
    await writeFile(stack.list, list);
    await sleep(100);
    // A part of a file, as a slow writer leaves it for a while: only the end is missing.
    await writeFile(stack.list, list.slice(0, list.lastIndexOf(',')));
    await sleep(60);
  }
  const visits = await lists.stop();
  expect(failed([...visits, ...(await pages.stop())])).toEqual([]);
  const seen = new Set(visits.map(({ text }) => JSON.stringify(JSON.parse(text).student_ages)));
  seen.delete(JSON.stringify(Object.fromEntries(Object.entries(SIX).sort())));
  for (const list of seen) expect(written).toContain(list);
  expect(seen.size).toBeGreaterThan(2);
});
