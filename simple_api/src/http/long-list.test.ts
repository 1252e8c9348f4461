import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { SHIPPED } from '../../test/contract';
import { mistakesOf } from '../../test/described';
import { eventually } from '../../test/eventually';
import { exchange } from '../../test/exchange';
import { openList } from '../../test/opened-list';
import { serve } from '../../test/served';
import { STUDENT_AGES_PATH } from './documents';

const LONG = 120;
/** More than there is room for between the API and a client that reads nothing. */
const VERY_LONG = 2_000;
const CODINGS = ['identity', 'gzip'];

const digest = (_: unknown, i: number) => createHash('sha256').update(`${i}`).digest('base64');
const DIGESTS = Array.from({ length: 1_000 }, digest);

/** A thousand students, whom gzip does not compress well: it looks back no further than 32 KiB. */
const partOf = (number: number) =>
  DIGESTS.map((it, i) => ({ name: `Zoë ${it} ${number}`, age: i % 2 ? '20' : 20 }));

/** Serves a list of so many parts, and counts what is asked of it. */
async function serveParts(count: number, before: (part: number) => unknown = () => {}) {
  const seen = { lists: 0, held: 0, most: 0, parts: 0 };
  async function* parts() {
    try {
      for (let i = 0; i < count; i++) {
        seen.parts++;
        await before(i);
        yield partOf(i);
      }
    } finally {
      seen.held--;
    }
  }
  const list = async () => {
    seen.lists++;
    seen.most = Math.max(seen.most, ++seen.held);
    await before(-1);
    return { version: 'one', parts: parts() };
  };
  const api = await serve({ ...(await openList(SHIPPED)), version: async () => 'one', list });
  const get = (coding = 'identity') =>
    api.ask('get', STUDENT_AGES_PATH).set('Accept-Encoding', coding);
  const errors = () => api.lines.filter((line) => JSON.parse(line).level > 40);
  return { ...api, seen, get, errors };
}

const HEADERS = `HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa('root:hush-read')}\r\n`;
const REQUEST = `GET ${STUDENT_AGES_PATH} ${HEADERS}`;

/** A client that asks for the list, and reads nothing. */
function silent(url: string, coding = 'identity') {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  socket.on('error', () => {}).write(`${REQUEST}Accept-Encoding: ${coding}\r\n\r\n`);
  return socket;
}

test.each(CODINGS)('is sent in parts (%s), and known again without being read', async (coding) => {
  const { ask, get, seen } = await serveParts(LONG);
  const students = Array.from({ length: LONG }, (_, i) => partOf(i)).flat();
  const ages = Object.fromEntries(students.map(({ name, age }) => [name, age]));
  const res = await get(coding);
  expect(res.text === `${JSON.stringify({ student_ages: ages }, undefined, 2)}\n`).toBe(true);
  const etag = coding === 'gzip' ? '"one-gzip"' : '"one"';
  const described = { etag, vary: 'Accept-Encoding', 'content-type': 'application/json' };
  expect(res.headers).toMatchObject({ ...described, 'transfer-encoding': 'chunked' });
  expect(mistakesOf('get', STUDENT_AGES_PATH, res)).toEqual([]);
  const head = await ask('head', STUDENT_AGES_PATH).set('Accept-Encoding', coding);
  expect([head.status, head.headers]).toEqual([200, expect.objectContaining(described)]);
  const { status, headers } = await get(coding).set('If-None-Match', etag);
  expect([status, headers]).toEqual([
    304,
    expect.objectContaining({ etag, 'x-request-id': expect.any(String) }),
  ]);
  expect(seen).toMatchObject({ lists: 2, held: 0 });
});

test('is sent to three at a time; all that ask first share the look at its length', async () => {
  const { url, get, seen } = await serveParts(VERY_LONG);
  const clients = Array.from({ length: 3 }, () => silent(url));
  await eventually(() => expect(seen).toMatchObject({ lists: 4, held: 3 }));
  const { status, body, headers } = await get();
  expect([status, headers['retry-after']]).toEqual([503, '1']);
  expect(body).toEqual({ error: 'Too many long lists at a time' });
  clients[0]?.destroy();
  await eventually(() => expect(seen.held).toBe(2));
  silent(url);
  await eventually(() => expect(seen).toMatchObject({ lists: 5, held: 3, most: 3 }));
});

test.each(CODINGS)('is read no faster than it is taken (%s), nor longer', async (coding) => {
  const { server, url, seen, errors } = await serveParts(VERY_LONG);
  const client = silent(url, coding);
  await eventually(() => expect(seen).toMatchObject({ lists: 2, held: 1 }));
  let parts = 0;
  await eventually(() => {
    const before = parts;
    parts = seen.parts;
    expect(parts).toBe(before); // no more is asked for
  });
  expect(parts).toBeLessThan(VERY_LONG / 2);
  client.destroy();
  await eventually(() => expect(seen.held).toBe(0));
  server.timeout = 300;
  silent(url, coding);
  await eventually(() => expect(seen).toMatchObject({ lists: 3, held: 0 }));
  expect(errors()).toEqual([]);
});

test.each(CODINGS)(
  'is cut where it cannot be read on (%s), and the log says why',
  async (coding) => {
    const { get, seen, errors } = await serveParts(LONG, (part) => {
      if (part === LONG - 1) throw new Error('the cause');
    });
    await expect(get(coding)).rejects.toThrow('aborted');
    expect(errors()).toEqual([expect.stringContaining('the cause')]);
    expect(seen).toMatchObject({ lists: 2, held: 0 });
  },
);

test.each([-1, 0, 1])('is ended when its client left before part %d came', async (number) => {
  const database = new EventEmitter();
  const { server, url, seen, errors } = await serveParts(LONG, (part) =>
    seen.lists === 2 && part === number ? once(database, 'comes') : undefined,
  );
  const client = silent(url);
  const [connection] = await once(server, 'connection');
  await eventually(() => expect(database.listenerCount('comes')).toBe(1));
  const { parts } = seen;
  client.destroy();
  await eventually(() => expect(connection.destroyed).toBe(true));
  database.emit('comes');
  await eventually(() => expect(seen.held).toBe(0));
  expect(seen.parts).toBeLessThanOrEqual(parts + 1);
  expect(errors()).toEqual([]);
});

test('leaves its connection to the next request', async () => {
  const { url } = await serveParts(LONG);
  const next = `GET /health/live ${HEADERS}Connection: close\r\n\r\n`;
  const response = await exchange(url, `${REQUEST}\r\n${next}`);
  expect(response).toMatch(/\r\n0\r\n\r\nHTTP\/1.1 200 OK\r\n/);
});
