import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { basicAuth, EDITOR, READER } from './api';
import { docker, exec } from './docker';
import { eventually } from './eventually';
import { closeAll, open, openMany, requestOf, send } from './raw';
import { type Stack, startStack } from './stack';

const LIST = '/supmit/api/v1.0/get_student_ages';
const STUDENTS = '/supmit/api/v1.0/students';
const RIGHT = basicAuth(READER);
const MAY_CHANGE = `Authorization: ${basicAuth(EDITOR)}`;
const MIB = 1024 * 1024;

/** What a service may take up of the 512 MiB of its container, in MiB. */
const MOST_MIB = 300;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack('intruders');
});
afterAll(() => stack?.down());

const services = () => [stack.api, stack.website];
const askOnce = (url: string, target: string, headers: string[] = [], method?: string) =>
  send(url, requestOf(target, ['Connection: close', ...headers], method));
const getList = (authorization: string) =>
  askOnce(stack.api, LIST, [`Authorization: ${authorization}`]);

/** Checks that a newcomer gets a page, and the list. */
async function expectServed(path = '/students', text = 'Ahmed'): Promise<void> {
  for (const { status, body } of [await getList(RIGHT), await askOnce(stack.website, path)]) {
    expect(status).toBe(200);
    expect(body).toMatch(text);
  }
}

/** Checks again and again that users are served, until all these are closed. */
async function expectServedUntilClosed(attackers: Socket[]): Promise<void> {
  await eventually(async () => {
    await expectServed();
    expect(attackers.filter(({ closed }) => !closed)).toHaveLength(0);
  }, 120_000);
}

test('after 100 failures a minute further ones are 429, and right credentials are still served', async () => {
  // From the website's container: nobody failed from its address yet, and the website shares it.
  const script = `
    const statusOf = async (authorization) =>
      (await fetch('http://simple-api:5000${LIST}', { headers: { authorization } })).status;
    const statuses = {};
    for (let i = 0; i < 110; i++) {
      const status = await statusOf('Basic eDp5');
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    console.log(JSON.stringify({ ...statuses, right: await statusOf('${RIGHT}') }));`;
  const result = await exec(stack.container('website'), 'node', '--eval', script);
  expect(JSON.parse(result)).toEqual({ 401: 100, 429: 10, right: 200 });
  await expectServed();
  expect(await getList('Basic eDp5')).toMatchObject({ status: 401 }); // from elsewhere
});

test.each([
  '/../../../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2fetc%2fpasswd',
  'http://x/../../etc/passwd',
  '/favicon.svg%00/../../../etc/passwd',
  '/favicon.svg/../../views/students.ejs',
  `${LIST}/../../../../../../etc/passwd`,
  '/%0d%0aX-Injected:%20yes',
])('the path %s leads nowhere', async (target) => {
  for (const url of services()) {
    const { status, body } = await askOnce(url, target, [`Authorization: ${RIGHT}`]);
    expect([400, 404]).toContain(status);
    expect(body).not.toMatch(/root:|require\(|<%|student_ages/);
  }
});

const post = (...headers: string[]) => requestOf('/', headers, 'POST');
test.each([
  ['a line feed in a header', 400, requestOf('/', ['A: b\nX-Injected : yes'])],
  ['a length and chunks', 400, post('Content-Length: 6', 'Transfer-Encoding: chunked')],
  ['a URL of 20,000 characters', 431, requestOf(`/${'a'.repeat(20_000)}`)],
  ['a body of 10 MB', 413, post('Content-Length: 10000000')],
])('%s: refused, and a request that follows is not read', async (_what, status, bytes) => {
  for (const url of services()) {
    const response = await send(url, `${bytes}0\r\n\r\n${requestOf('/health/live')}`);
    expect(response).toMatchObject({ status, responses: 1 });
    expect(response.body).not.toContain('live');
  }
});

test('users are served while 200 clients send their headers one byte a second, not for long', async () => {
  const bytes = requestOf(LIST, [`A: ${'a'.repeat(60)}`]);
  const crawl = (socket: Socket) => {
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.charAt(sent++)), 1_000);
    return socket.resume().once('close', () => clearInterval(timer));
  };
  const clients = services().flatMap((url) => Array.from({ length: 100 }, () => open(url)));
  await expectServedUntilClosed(clients.map(crawl));
});

test('users are served while thousands of connections from one address never ask, or are kept', async () => {
  const crowd = (bytes: string) =>
    services().flatMap((url) => openMany(url, 2_300, bytes).map((it) => it.resume()));
  await expectServedUntilClosed(crowd(''));
  const kept = crowd('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  // They would be kept for a minute: each newcomer costs the oldest.
  await eventually(async () => {
    await expectServed();
    expect(kept.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(2 * 1_000);
  });
});

test.each([
  ['pages', () => stack.website, '/students'],
  ['lists without credentials', () => stack.api, LIST],
])(
  '200 clients that send 64 KB of requests for %s and read nothing stop nothing',
  async (_what, url, target) => {
    const bytes = `GET ${target} HTTP/1.1\r\nHost:\r\n\r\n`;
    for (const socket of openMany(url(), 200, bytes.repeat(65_536 / bytes.length))) socket.pause();
    await eventually(() => expectServed());
    await stack.expectUnharmed();
  },
);

/** 29,000 students, who take up nearly 4 MiB: about as long as a list may be. */
const nameOf = (i: number) => `Student ${i} `.padEnd(70, 'é');
const LONGEST = Array.from({ length: 29_000 }, (_, i) => `"${nameOf(i)}": "20"`);

/** Puts students on the list beside Ahmed, and starts the services anew, with the memory they then have. */
async function start(members: string[]): Promise<void> {
  await stack.compose('stop'); // or what was asked for before would be written on
  await writeFile(stack.list, `{${['"Ahmed": "20"', ...members].join()}}`);
  await stack.compose('start');
  await eventually(async () => {
    const ready = await (await fetch(`${stack.api}/health/ready`)).json();
    expect(ready).toEqual({ status: 'ready', students: members.length + 1 });
    await expectServed();
  });
}

/** The most memory that a container has had since its start, in MiB, with the files' pages. */
async function peakOf(service: 'simple-api' | 'website'): Promise<number> {
  const files = 'cd /sys/fs/cgroup; cat memory.peak || cat memory/memory.max_usage_in_bytes';
  return Math.round(Number(await exec(stack.container(service), 'sh', '-c', files)) / MIB);
}

const askToChange = (target: string, method: string, type: string, body: string) =>
  requestOf(STUDENTS + target, [MAY_CHANGE, `Content-Type: application/${type}`], method, body);
/** Requests in a row, each with a body of so many bytes. */
const puts = (length: number, bytes: number) =>
  Array.from({ length }, (_, i) =>
    askToChange(`/${i}`, 'PUT', 'json', `{"age": ${i}}`.padEnd(bytes)),
  ).join('');
const patch = (ages: string[], query = '') =>
  askToChange(query, 'PATCH', 'merge-patch+json', `{${ages.join()}}`);
const paste = (text: string) => requestOf('/manage/paste', [MAY_CHANGE], 'POST', `text=${text}`);
/** What comes to nearly 1 MiB. */
const many = (length: number, text: (i: number) => string) =>
  Array.from({ length }, (_, i) => text(i));
const changes = many(7_500, (i) => `"${nameOf(i)}":"${i % 150}"`);
const newcomers = many(75_000, (i) => `"${i}":"21"`);
const rows = many(26_000, (i) => `${`Student ${i}`.padEnd(29, 'x')};${i % 150}%0A`).join('');

test.each<[string, number, number, 'api' | 'website', string, string[]]>([
  ['950 clients with ten PUTs of 16 KB', 0, 950, 'api', puts(10, 16_000), LONGEST],
  ['950 clients with five PUTs of 4 KiB', 201, 950, 'api', puts(5, 4_096), LONGEST],
  ['ten patches of 1 MiB', 200, 10, 'api', patch(changes), LONGEST],
  ['ten patches that are refused', 409, 10, 'api', patch(newcomers), LONGEST],
  ['ten previews of them', 200, 10, 'api', patch(changes, '?preview=true'), LONGEST],
  ['thirty pastes of 1 MiB', 200, 30, 'website', paste(rows), []],
  [
    'thirty pastes that are left out',
    200,
    30,
    'website',
    paste(`${'%0A'.repeat(9)}${"'".repeat(MIB - 40)}`),
    [],
  ],
])(
  '%s (%i), from who reads nothing, stay within 300 MiB, and others are served',
  async (what, status, clients, to, bytes, members) => {
    await start(members);
    const [socket] = openMany(stack[to], 1, bytes);
    if (!socket) throw new Error('no connection');
    const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    // Which is cut has no status.
    expect(String(first)).toMatch(status ? `HTTP/1.1 ${status} ` : 'false');
    for (const socket of openMany(stack[to], clients, bytes)) socket.pause();
    for (let times = 0; times < 5; times++) {
      await expectServed();
      await sleep(500);
    }
    for (const socket of openMany(stack[to], clients, bytes)) socket.resume();
    for (let times = 0; times < 5; times++) await expectServed();
    closeAll();
    const [api, website] = [await peakOf('simple-api'), await peakOf('website')];
    console.log(`${what}: API ${api} MiB, website ${website} MiB`);
    await stack.expectUnharmed();
    expect(Math.max(api, website)).toBeLessThan(MOST_MIB);
  },
);

test('ten thousand invented filters keep no other visitor waiting', async () => {
  await start(LONGEST);
  let [invented, slowest] = [0, 0];
  const invent = () => requestOf(`/students?name=${invented++}&sort=age`);
  for (const socket of openMany(stack.website, 990, '')) {
    // Five ahead, and one more whenever something comes back.
    for (let ahead = 0; ahead < 5; ahead++) socket.write(invent());
    socket.on('data', () => socket.write(invent()));
  }
  for (let visitor = 0; invented < 10_000 || visitor < 20; visitor++) {
    const from = performance.now();
    await expectServed(`/students?name=a&page=${2 + (visitor % 200)}`, 'Student');
    slowest = Math.max(slowest, performance.now() - from);
  }
  console.log(`${invented} filters: another page within ${slowest.toFixed()} ms`);
  closeAll();
  await expectServed();
  await stack.expectUnharmed();
});

test('no credentials are in a log', async () => {
  for (const service of ['simple-api', 'website'] as const) {
    const { stdout, stderr } = await docker(['logs', stack.container(service)]);
    expect(stdout).toContain('"status":4');
    const headers = [RIGHT, basicAuth(EDITOR)].map((header) => header.slice('Basic '.length));
    for (const secret of [READER.password, EDITOR.password, ...headers, 'eDp5']) {
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  }
});
