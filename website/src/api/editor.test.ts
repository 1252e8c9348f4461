import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type RunningServer, startApi } from '../../test/scripted-api';
import { playList, RIGHT } from '../../test/scripted-list';
import { createEditor, MAY_I, type Wish } from './editor';

const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function editorOf(listener: RequestListener, path = '') {
  const server = await startApi(listener);
  servers.push(server);
  const edit = createEditor(server.url + path);
  return (wish: Wish) => edit(RIGHT, wish);
}

const respond =
  (status: number, body = ''): RequestListener =>
  (_req, res) =>
    void res.writeHead(status).end(body);

const respondHalf: RequestListener = (_req, res) => void res.writeHead(200).write('{');

function soon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  return controller.signal;
}

const ASKS: Wish[] = [{ method: 'GET', name: 'Ann' }, MAY_I];
const CHANGES: Wish[] = [
  { method: 'PUT', name: 'Ann', age: '20' },
  { method: 'DELETE', name: 'Ann' },
  { method: 'PATCH', patch: '{"Ann":"20"}' },
];

test.each([
  ['../x?', '..%2Fx%3F'],
  ['..', '..'], // a URL would not have it
])('asks below the address of the API, whatever a name looks like: %s', async (name, encoded) => {
  const api = playList();
  const edit = await editorOf((req, res) => {
    req.url = req.url?.replace(/^\/prefix/, '') ?? '';
    api.listener(req, res);
  }, '/prefix');
  const onlyIf = { 'If-None-Match': '*' };
  expect(await edit({ method: 'PUT', name, age: '1', onlyIf })).toMatchObject({ status: 201 });
  const line = `PUT /supmit/api/v1.0/students/${encoded}`;
  expect(api.requests).toEqual([{ line, body: '{"age":"1"}', authorization: RIGHT }]);
  const answer = { status: 200, age: '1', etag: expect.stringMatching(/^".*"$/) };
  expect(await edit({ method: 'GET', name })).toMatchObject(answer);
  expect(await edit({ method: 'GET', name: 'nobody' })).toMatchObject({ status: 404 });
});

test('uses a connection for one request alone', async () => {
  const sockets = new Set<unknown>();
  const edit = await editorOf((req, res) => {
    sockets.add(req.socket);
    respond(200)(req, res);
  });
  for (let i = 0; i < 3; i++) await edit(MAY_I);
  expect(sockets.size).toBe(3);
});

test.each([
  [400, '{"error": "wrong", "fields": {"age": "no number"}}', 'wrong', { age: 'no number' }],
  [412, '{}', 'The API does not say why.', {}],
  [507, '{"error": "no space"}', 'no space', {}],
])('a refusal, %i %s, says what is wrong', async (status, body, error, fields) => {
  const edit = await editorOf(respond(status, body));
  for (const wish of CHANGES) expect(await edit(wish)).toMatchObject({ status, error, fields });
});

describe('without a proper response:', () => {
  test.each<[string, RequestListener]>([
    ['500', respond(500, '{}')],
    ['503', respond(503, '{}')],
    ['302', respond(302, '{}')],
    ['no JSON', respond(200, '<hidden>')],
    ['no such object', respond(200, '{"error": [1]}')],
    ['much too long', respond(200, `{"error": "${'x'.repeat(100_000)}"}`)],
    ['nothing', (_req, res) => void res.socket?.destroy()],
    ['half', (_req, res) => void res.writeHead(200).write('{', () => res.socket?.destroy())],
  ])(
    '%s, a question failed, and a change is not certain; neither is sent again',
    async (_what, listener) => {
      let requests = 0;
      const edit = await editorOf((req, res) => {
        requests++;
        listener(req, res);
      });
      for (const wish of ASKS)
        await expect(edit(wish)).rejects.toMatchObject({ kind: 'unreachable' });
      for (const wish of CHANGES) {
        const error = await edit(wish).catch((it: unknown) => it);
        expect(error).toMatchObject({ status: 504, expose: false });
        // It is logged.
        expect(error).toMatchObject({ message: expect.not.stringContaining('hidden') });
        expect(JSON.stringify(error)).not.toContain(RIGHT);
      }
      expect(requests).toBe(ASKS.length + CHANGES.length);
    },
  );
});

test('ten seconds without a whole response are as good as none', async () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  try {
    for (const listener of [() => {}, respondHalf]) {
      timeout.mockImplementationOnce(() => soon());
      const edit = await editorOf(listener);
      await expect(edit({ method: 'DELETE', name: 'Ann' })).rejects.toMatchObject({ status: 504 });
      expect(timeout).toHaveBeenLastCalledWith(10_000);
      timeout.mockImplementationOnce(() => soon());
      await expect(edit(MAY_I)).rejects.toMatchObject({ kind: 'timeout' });
      expect(timeout).toHaveBeenLastCalledWith(2_000);
    }
  } finally {
    timeout.mockRestore();
  }
});

test.each([401, 429])(
  'a sign-in that the API answers with %i is to be tried again',
  async (status) => {
    const edit = await editorOf(respond(status, '{"error": "Unauthorized access"}'));
    const headers = { 'WWW-Authenticate': 'Basic realm="Student list", charset="UTF-8"' };
    await expect(edit(MAY_I)).rejects.toMatchObject({ status: 401, headers });
  },
);

test('without credentials, the API is not even asked', async () => {
  const api = playList();
  const server = await startApi(api.listener);
  servers.push(server);
  const edit = createEditor(server.url);
  for (const none of [undefined, '']) {
    await expect(edit(none, MAY_I)).rejects.toMatchObject({ status: 401 });
  }
  expect(api.requests).toEqual([]);
});

test('of many who ask at once, twenty are heard at a time', async () => {
  let open = 0;
  let most = 0;
  const edit = await editorOf((req, res) => {
    most = Math.max(most, ++open);
    req.resume();
    setTimeout(() => {
      open--;
      respond(200, '{}')(req, res);
    }, 10);
  });
  await Promise.all(Array.from({ length: 100 }, () => edit(MAY_I)));
  expect(most).toBe(20);
});
