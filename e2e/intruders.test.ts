import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { basicAuth, EDITOR, READER } from './api';
import { docker, exec } from './docker';
import { eventually } from './eventually';
import { type Stack, startStack } from './stack';

const LIST = '/supmit/api/v1.0/get_student_ages';
const RIGHT = basicAuth(READER);
const MAY_CHANGE = `Authorization: ${basicAuth(EDITOR)}`;
const MIB = 1024 * 1024;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack('intruders');
});
afterAll(() => stack?.down());

const services = () => [stack.api, stack.website];
const sockets = new Set<Socket>();
afterEach(closeAll);

function closeAll(): void {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
}

/** Opens so many connections to each, which are closed after the test, and sends the same on all. */
function open(urls: string[], count: number, bytes: string): Socket[] {
  return urls.flatMap((url) =>
    Array.from({ length: count }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      sockets.add(socket.on('error', () => undefined)); // 'close' follows
      socket.write(bytes);
      return socket;
    }),
  );
}

/** The bytes of a request with a target that nothing normalises. */
function requestOf(target: string, headers: string[] = [], method = 'GET', body = ''): string {
  const length = body ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const lines = ['Host: x', ...headers, ...length];
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends a request on a connection of its own, and returns all until the server closes it. */
async function ask(url: string, target: string, authorization = RIGHT): Promise<string> {
  const headers = ['Connection: close', `Authorization: ${authorization}`];
  let text = '';
  for (const socket of open([url], 1, requestOf(target, headers))) {
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.setTimeout(60_000, () => socket.destroy());
    await once(socket, 'close');
  }
  return text;
}

/** Checks that a newcomer gets the list, and a page. */
async function expectServed(): Promise<void> {
  for (const response of [await ask(stack.api, LIST), await ask(stack.website, '/students')]) {
    expect(response).toMatch(/^HTTP\/1.1 200 .*Ahmed/s);
  }
}

/** Checks again and again that users are served, until no more than these are open. */
async function expectServedUntilClosed(attackers: Socket[], most = 0): Promise<void> {
  await eventually(async () => {
    await expectServed();
    expect(attackers.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(most);
  }, 120_000);
}

const OUT = ['/../../../etc/passwd', '/..%2f..%2fetc%2fpasswd', '/x.svg/../../views/away.ejs'];
test.each(OUT)('the path %s leads nowhere', async (path) => {
  const responses = await Promise.all(services().map((url) => ask(url, path)));
  for (const it of responses) expect(it).toMatch(/^HTTP\/1.1 40[04] (?!.*(root:|<%))/s);
});

test('users are served while 200 clients send their headers one byte a second, not for long', async () => {
  const bytes = requestOf(LIST, [`A: ${'a'.repeat(60)}`]);
  const clients = open(services(), 100, '');
  let sent = 0;
  const timer = setInterval(() => {
    for (const socket of clients) socket.resume().write(bytes.charAt(sent));
    sent++;
  }, 1_000);
  await expectServedUntilClosed(clients).finally(() => clearInterval(timer));
});

test('users are served while thousands of connections never ask, or are kept', async () => {
  const crowd = (bytes: string) => open(services(), 2_300, bytes).map((it) => it.resume());
  await expectServedUntilClosed(crowd(''));
  // They would be kept for a minute: each newcomer costs the oldest.
  await expectServedUntilClosed(crowd(requestOf('/health/live')), 2 * 1_000);
});

test('400 clients that send 64 KB of requests and read nothing stop nothing', async () => {
  for (const socket of open(services(), 200, requestOf('/').repeat(2_000))) socket.pause();
  await eventually(() => expectServed());
  await stack.expectUnharmed();
});

/** 29,000 students, who take up nearly 4 MiB: about as long as a list may be. */
const nameOf = (i: number) => `Student ${i} `.padEnd(70, 'é');
const LONGEST = Array.from({ length: 29_000 }, (_, i) => `"${nameOf(i)}": "20"`);

/** Puts students on the list beside Ahmed, and starts the services anew, with the memory they then have. */
async function start(members: string[]): Promise<void> {
  await stack.compose('stop'); // or what was asked for before would be written on
  await writeFile(stack.list, `{${['"Ahmed": "20"', ...members].join()}}`);
  await stack.compose('start');
  await eventually(() => expectServed());
}

/** The most memory that a container has had since its start, in MiB, with the files' pages. */
async function peakOf(service: 'simple-api' | 'website'): Promise<number> {
  const files = 'cd /sys/fs/cgroup; cat memory.peak || cat memory/memory.max_usage_in_bytes';
  return Math.round(Number(await exec(stack.container(service), 'sh', '-c', files)) / MIB);
}

function askToChange(target: string, method: string, type: string, body: string): string {
  const headers = [MAY_CHANGE, `Content-Type: application/${type}`];
  return requestOf(`/supmit/api/v1.0/students${target}`, headers, method, body);
}
const many = (length: number, text: (i: number) => string) =>
  Array.from({ length }, (_, i) => text(i));
const puts = (length: number, bytes: number) =>
  many(length, (i) => askToChange(`/${i}`, 'PUT', 'json', `{"age": ${i}}`.padEnd(bytes))).join('');
const patch = (ages: string[], query = '') =>
  askToChange(query, 'PATCH', 'merge-patch+json', `{${ages.join()}}`);
const paste = (text: string) => requestOf('/manage/paste', [MAY_CHANGE], 'POST', `text=${text}`);
const large = requestOf('/supmit/api/v1.0/students?size=1000', [MAY_CHANGE]);
const LONG = many(4_800, (i) => `"${`Z${i}`.padEnd(10)}${'😀'.repeat(190)}": "20"`);
const changes = many(7_500, (i) => `"${nameOf(i)}":"${i % 150}"`);
const newcomers = many(75_000, (i) => `"${i}":"21"`);
const rows = many(26_000, (i) => `${`Student ${i}`.padEnd(29, 'x')};${i % 150}%0A`).join('');

test.each<[string, string, number, 'api' | 'website', string, string[]]>([
  ['ten PUTs of 16 KB', '413', 950, 'api', puts(10, 16_000), LONGEST],
  ['five PUTs of 4 KiB', '201', 950, 'api', puts(5, 4_096), LONGEST],
  ['a page of 1,000 long names', '200', 900, 'api', large, LONG],
  ['a patch of 1 MiB', '200', 10, 'api', patch(changes), LONGEST],
  ['a patch that is refused', '409', 10, 'api', patch(newcomers), LONGEST],
  ['a preview of 1 MiB', '200', 10, 'api', patch(changes, '?preview=true'), LONGEST],
  ['a paste of 1 MiB', '200', 30, 'website', paste(rows), []],
  ['a paste that is left out', '200', 30, 'website', paste("'".repeat(MIB / 3 - 40)), []],
])('%s (%s) of each of %i clients', async (what, status, count, to, bytes, list) => {
  await start(list);
  for (const socket of open([stack[to]], 1, bytes)) {
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(`HTTP/1.1 ${status} `);
  }
  for (const socket of open([stack[to]], count, bytes)) socket.pause();
  for (let times = 0; times < 5; times++) await sleep(500).then(() => expectServed());
  for (const socket of open([stack[to]], count, bytes)) socket.resume();
  for (let times = 0; times < 5; times++) await expectServed();
  closeAll();
  const [api, website] = [await peakOf('simple-api'), await peakOf('website')];
  console.log(`${what}, ${count} times: API ${api} MiB, website ${website} MiB`);
  await stack.expectUnharmed();
  expect(Math.max(api, website)).toBeLessThan(300);
});

test('ten thousand invented filters keep no other visitor waiting', async () => {
  await start(LONGEST);
  let [invented, slowest] = [0, 0];
  const invent = () => requestOf(`/students?name=${invented++}&sort=age`);
  for (const socket of open([stack.website], 990, '')) {
    // Five ahead, and one more whenever something comes back.
    for (let ahead = 0; ahead < 5; ahead++) socket.write(invent());
    socket.on('data', () => socket.write(invent()));
  }
  for (let visitor = 0; invented < 10_000 || visitor < 20; visitor++) {
    const from = performance.now();
    const page = await ask(stack.website, `/students?sort=age&page=${2 + (visitor % 200)}`);
    expect(page).toMatch(/^HTTP\/1.1 200 .*Student /s);
    slowest = Math.max(slowest, performance.now() - from);
  }
  console.log(`${invented} filters: another page within ${slowest.toFixed()} ms`);
  closeAll();
  await expectServed();
  await stack.expectUnharmed();
});

test('no credentials are in a log', async () => {
  expect(await ask(stack.api, LIST, 'Basic eDp5')).toMatch('HTTP/1.1 401 ');
  const headers = [RIGHT, basicAuth(EDITOR)].map((header) => header.slice('Basic '.length));
  for (const service of ['simple-api', 'website'] as const) {
    const { stdout, stderr } = await docker(['logs', stack.container(service)]);
    expect(stdout).toContain('"msg"');
    for (const secret of [READER.password, EDITOR.password, ...headers, 'eDp5']) {
      expect(stdout + stderr).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  }
});
