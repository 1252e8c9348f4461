import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { basicAuth, CREDENTIALS } from './api';
import { docker, exec } from './docker';
import { eventually } from './eventually';
import { BUILT, createStack, type Stack } from './stack';

const LIST = '/supmit/api/v1.0/get_student_ages';
const STUDENTS = '/supmit/api/v1.0/students';
const RIGHT = basicAuth(CREDENTIALS);
const EDITOR = { username: 'editor', password: 'may change it' };

/** How long a user may have to wait while somebody else attacks, in ms. */
const PATIENCE_MS = 5_000;

/**
 * When a connection on which too little is asked has been closed, in ms: the limit is five seconds,
 * Node's own default sixty, and a busy machine may stand still for some.
 */
const CLOSED_MS = 20_000;

/** What a service may need of the 512 MiB that it has, in bytes. */
const MAX_MEMORY = 300 * 1024 * 1024;

let stack: Stack;
const sockets = new Set<Socket>();
beforeAll(async () => {
  stack = await createStack('intruders', { ...BUILT, EDITOR_PASSWORD: EDITOR.password });
  await stack.compose('up', '--detach', '--wait');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});
afterAll(() => stack.down());

const services = () => [stack.api, stack.website];

/** Opens a connection that is closed after the test, if not before. */
function open(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  sockets.add(socket);
  return socket.on('error', () => undefined); // 'close' follows
}

/** Sends bytes as they are, on a connection of their own, and returns all until the server closes it. */
async function send(url: string, bytes: string) {
  const socket = open(url);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.setTimeout(10_000, () => socket.destroy());
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', ...body] = text.split('\r\n\r\n');
  // What must hold for every response to whatever it is that was sent.
  expect(text).not.toMatch(/access-control|x-powered-by|x-injected|\.js:\d|node_modules/i);
  expect(text).not.toContain(CREDENTIALS.password);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0),
    body: body.join('\r\n\r\n'),
    responses: text.split('HTTP/1.1 ').length - 1,
  };
}

/** The bytes of a request with a target that nothing normalises. */
function requestOf(target: string, headers: string[] = [], method = 'GET'): string {
  const lines = ['Host: x', 'Connection: close', ...headers];
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

const getList = (authorization: string) =>
  send(stack.api, requestOf(LIST, [`Authorization: ${authorization}`]));

/** Checks that a newcomer gets the list of API and website, soon. */
async function expectServed(): Promise<void> {
  const start = performance.now();
  const page = send(stack.website, requestOf('/students'));
  const both = await Promise.all([getList(RIGHT), page]);
  for (const { status, body } of both) {
    expect({ status, body }).toEqual({ status: 200, body: expect.stringContaining('Ahmed') });
  }
  expect(performance.now() - start).toBeLessThan(PATIENCE_MS);
}

/** Checks again and again that users are served, until all these are closed, soon. */
async function expectServedUntilClosed(attackers: Socket[]): Promise<void> {
  const end = Date.now() + CLOSED_MS;
  while (attackers.some(({ closed }) => !closed)) {
    expect(Date.now()).toBeLessThan(end);
    await expectServed();
    await sleep(50);
  }
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
  '/..\\..\\etc\\passwd',
  'http://x/../../etc/passwd',
  '/favicon.svg%00/../../../etc/passwd',
  '/favicon.svg/../../views/students.ejs',
  `${LIST}/../../../../../../etc/passwd`,
  '/%0d%0aX-Injected:%20yes',
  `${LIST}%0d%0a%0d%0a<p>X`,
])('the path %s leads nowhere', async (target) => {
  for (const url of services()) {
    const { status, body } = await send(url, requestOf(target, [`Authorization: ${RIGHT}`]));
    expect([400, 404]).toContain(status);
    expect(body).not.toMatch(/root:|require\(|<%|student_ages/);
  }
});

const post = (...headers: string[]) => requestOf('/', headers, 'POST');
test.each([
  ['a line feed in a header', 400, requestOf('/', ['A: b\nX-Injected : yes'])],
  ['a length and chunks', 400, post('Content-Length: 6', 'Transfer-Encoding: chunked')],
  ['two lengths', 400, post('Content-Length: 1', 'Content-Length: 2')],
  ['a URL of 20,000 characters', 431, requestOf(`/${'a'.repeat(20_000)}`)],
  ['5,000 headers', 431, requestOf('/', Array(5_000).fill('a: b'))],
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

/** Opens 2,300 connections to each service, and waits until all are there. */
async function crowd(bytes: string): Promise<Socket[]> {
  const idle = services().flatMap((url) => Array.from({ length: 2_300 }, () => open(url)));
  for (const socket of idle) socket.resume().write(bytes);
  await sleep(1_000);
  return idle;
}

test('users are served while thousands of connections from one address never ask', async () => {
  await expectServedUntilClosed(await crowd(''));
});

test('users are served while thousands of connections from one address are kept', async () => {
  const idle = await crowd('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  for (let times = 0; times < 20; times++) await expectServed();
  // They would be kept for a minute: each newcomer costs the oldest.
  await eventually(CLOSED_MS, () => {
    expect(idle.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(2 * 1_000);
  });
});

test.each([
  ['pages', () => stack.website, async () => '/'],
  ['style sheets', () => stack.website, styleSheet],
  ['lists of all the students', () => stack.website, async () => '/students'],
  ['lists without credentials', () => stack.api, async () => LIST],
])(
  '200 clients that send 64 KB of requests for %s and read nothing stop nothing',
  async (_what, url, target) => {
    for (const host of ['Host:\r\n', '']) {
      const bytes = `GET ${await target()} HTTP/1.1\r\n${host}\r\n`;
      for (let clients = 0; clients < 200; clients++) {
        open(url())
          .pause()
          .write(bytes.repeat(Math.floor(65_536 / bytes.length)));
      }
      await expectUnharmed();
    }
  },
);

test.each([
  [5, 4_000],
  [10, 16_000],
])(
  '950 clients that send %i changes of %i bytes each at once stop nothing',
  async (count, length) => {
    const body = JSON.stringify({ age: '20' }).padEnd(length);
    const headers = [
      `Authorization: ${basicAuth(EDITOR)}`,
      'Content-Type: application/json',
      `Content-Length: ${length}`,
    ];
    for (let client = 0; client < 950; client++) {
      const targets = Array.from({ length: count }, (_, i) => `${STUDENTS}/z${client}-${i}`);
      const changes = targets.map(
        (it) => `PUT ${it} HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}`,
      );
      open(stack.api)
        .pause()
        .write(changes.map((head) => `${head}\r\n\r\n${body}`).join(''));
    }
    await expectUnharmed();
  },
);

/** Checks that users are served soon, and that no service has ended, or has needed much memory. */
async function expectUnharmed(): Promise<void> {
  // There may be half a million requests to read first.
  await eventually(30_000, async () => {
    const unsent = [...sockets].filter((socket) => !socket.destroyed && socket.writableLength > 0);
    expect(unsent).toHaveLength(0);
    for (let times = 0; times < 5; times++) await expectServed();
  });
  await stack.expectUnharmed();
  for (const service of ['simple-api', 'website'] as const) {
    // Of the second version of Linux's control groups, or of the first.
    const peak = 'cd /sys/fs/cgroup; cat memory.peak || cat memory/memory.max_usage_in_bytes';
    const bytes = await exec(stack.container(service), 'sh', '-c', peak);
    expect(Number(bytes)).toBeLessThan(MAX_MEMORY);
  }
}

async function styleSheet(): Promise<string> {
  const { body } = await send(stack.website, requestOf('/'));
  return /href="(\/[^"]+\.css)"/.exec(body)?.[1] ?? 'none';
}

test('no credentials are in a log', async () => {
  for (const service of ['simple-api', 'website'] as const) {
    const { stdout, stderr } = await docker(['logs', stack.container(service)]);
    expect(stdout).toContain('"status":4');
    for (const secret of [
      CREDENTIALS.password,
      EDITOR.password,
      RIGHT.slice('Basic '.length),
      'eDp5',
    ]) {
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  }
});
