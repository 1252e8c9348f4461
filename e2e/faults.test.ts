import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { type Load, startLoad, type Visit } from './load';
import { basicAuth, CREDENTIALS, createStack, type Stack } from './stack';

/** How soon the website must answer, whatever happens to the API, in ms. */
const ANSWER_MS = 3_000;

/** How soon the website must show the list again once the API is back, in ms. */
const RECOVERY_MS = 5_000;

const PAGES_A_SECOND = 150;
const LISTS_A_SECOND = 150;

let stack: Stack;
let pages: Load;
let lists: Load;
let api: string;

beforeAll(async () => {
  stack = await createStack('faults');
  await stack.compose('up', '--detach', '--wait');
  api = stack.container('simple-api');
});
afterAll(() => stack.down());

beforeEach(async () => {
  pages = startLoad(`${stack.website}/students`, PAGES_A_SECOND);
  lists = startLoad(`${stack.api}/supmit/api/v1.0/get_student_ages`, LISTS_A_SECOND, {
    Authorization: basicAuth(CREDENTIALS),
  });
  await eventually(20_000, () => {
    expect(pages.visits.at(-1)?.status).toBe(200);
    expect(lists.visits.at(-1)?.status).toBe(200);
  });
});
afterEach(async () => {
  await Promise.all([pages.stop(), lists.stop()]);
});

/** The visits sent since a moment. */
const since = (visits: readonly Visit[], at: number) => visits.filter((visit) => visit.at >= at);

/** Lets the website be visited until it shows the list again; returns after how many ms it did. */
async function recovery(back = Date.now()): Promise<number> {
  const first = await eventually(RECOVERY_MS, () => {
    const good = since(pages.visits, back).find(({ status }) => status === 200);
    if (!good) throw new Error('the website does not show the list again');
    return good;
  });
  return first.at + first.ms - back;
}

/** Asserts that each page was an answer, in time, and one of those that the contract knows. */
function expectAnswers(visits: readonly Visit[]): void {
  expect(visits.length).toBeGreaterThan(PAGES_A_SECOND / 2);
  for (const { status, ms, text } of visits) {
    expect([200, 502, 503, 504]).toContain(status);
    expect(ms).toBeLessThan(ANSWER_MS);
    expect(text).toContain(status === 200 ? '6 students' : `Error ${status}`);
  }
}

describe('the website always answers, and is back when the API is', () => {
  test('API restarted', async () => {
    await stack.compose('restart', 'simple-api');
    await recovery();
    expectAnswers(await pages.stop());
  });

  test('API killed with SIGKILL', async () => {
    await docker(['kill', '--signal', 'KILL', api]);
    await sleep(1_500);
    expect(since(pages.visits, Date.now() - 500).map(({ status }) => status)).not.toContain(200);
    await docker(['start', api]);
    await recovery();
    expectAnswers(await pages.stop());
  });

  test('API paused for five seconds', async () => {
    await docker(['pause', api]);
    await sleep(5_000);
    await docker(['unpause', api]);
    await recovery();
    const visits = await pages.stop();
    expectAnswers(visits);
    expect(visits.map(({ status }) => status)).toContain(504);
  });

  test('network disconnected and connected', async () => {
    const network = await inspect(
      api,
      '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}',
    );
    await docker(['network', 'disconnect', network, api]);
    await sleep(3_000);
    await docker(['network', 'connect', '--alias', 'simple-api', network, api]);
    await recovery();
    expectAnswers(await pages.stop());
  });

  test('data file broken and mended: nobody notices', async () => {
    const good = '{"Ahmed":"20","Meryem":"23","Amine":"20","Hiba":"21","Sara":"23","Omar":"20"}';
    for (const text of ['{', good, '', '{"Ahmed": ', good, '[]', good]) {
      await writeFile(stack.list, text);
      await sleep(500);
    }
    for (const visits of await Promise.all([pages.stop(), lists.stop()])) {
      expect(new Set(visits.map(({ status }) => status))).toEqual(new Set([200]));
    }
  });
});

describe('a graceful stop finishes every accepted request', () => {
  // While a port is published, Docker's proxy accepts for a container that is gone, so a client sees
  // a connection that ends without an answer. Before the service stops accepting, none may.
  async function stop(service: 'website' | 'simple-api'): Promise<number> {
    await docker(['stop', stack.container(service)]);
    const finished = await inspect(stack.container(service), '{{.State.FinishedAt}}');
    expect(await inspect(stack.container(service), '{{.State.ExitCode}}')).toBe('0');
    return Date.parse(finished);
  }

  /** When the service said that it closes, in ms since the epoch. */
  async function closingAt(service: 'website' | 'simple-api'): Promise<number> {
    const { stdout } = await docker(['logs', '--since', '30s', stack.container(service)]);
    const line = stdout.split('\n').findLast((text) => text.includes('SIGTERM, closing'));
    return Date.parse(JSON.parse(line ?? '{}').time);
  }

  test('API', async () => {
    await stop('simple-api');
    const closing = await closingAt('simple-api');
    await docker(['start', api]);
    await recovery();
    const accepted = (await lists.stop()).filter(({ at }) => at < closing + 400);
    expect(accepted.length).toBeGreaterThan(30);
    expect(accepted.filter(({ status }) => status !== 200)).toEqual([]);
    expectAnswers(await pages.stop());
  });

  test('website', async () => {
    await stop('website');
    const closing = await closingAt('website');
    await docker(['start', stack.container('website')]);
    const accepted = (await pages.stop()).filter(({ at }) => at < closing + 400);
    expect(accepted.length).toBeGreaterThan(30);
    expect(accepted.filter(({ status }) => status !== 200)).toEqual([]);
    await eventually(RECOVERY_MS, async () => {
      expect((await fetch(`${stack.website}/students`)).status).toBe(200);
    });
  });
});

test('the API never answers a list that was not, at some moment, a complete valid file', async () => {
  const names = ['Ahmed', 'Amine', 'Hiba', 'Meryem', 'Omar', 'Sara'];
  const list = (age: number) => Object.fromEntries(names.map((name) => [name, String(age)]));
  const written = new Set<string>();
  for (let age = 0; age < 25; age++) {
    const text = JSON.stringify(list(age), undefined, 2);
    written.add(text);
    await writeFile(stack.list, text);
    await sleep(100);
    // A part of a file, as a slow writer leaves it for a while: only the end is missing.
    await writeFile(stack.list, text.slice(0, text.lastIndexOf(',')));
    await sleep(60);
  }
  const first = Date.now() - 3_000;
  const visits = since(await lists.stop(), first);
  const seen = new Set<string>();
  for (const { status, text } of visits) {
    expect(status).toBe(200);
    seen.add(JSON.stringify(JSON.parse(text).student_ages, undefined, 2));
  }
  for (const text of seen) expect(written).toContain(text);
  expect(seen.size).toBeGreaterThan(2);
});
