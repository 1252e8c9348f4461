import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeServers, respond, startServer } from '../../test/scripted-api';
import { OWN, playList, RIGHT } from '../../test/scripted-list';
import { holdTimeLimits } from '../../test/time-limits';
import { createApiClient } from './client';
import type { Visitor } from './visitor';

afterEach(closeServers);

async function visitorOf(listener: RequestListener, authorization: string | undefined = RIGHT) {
  const { url } = await startServer(listener);
  return createApiClient({ url, username: 'website', password: 'hidden' }).as(authorization);
}

const never = new AbortController().signal;

const QUESTIONS: ((visitor: Visitor) => Promise<unknown>)[] = [
  (visitor) => visitor.list(never),
  (visitor) => visitor.preview('{}'),
];
const CHANGES: typeof QUESTIONS = [
  (visitor) => visitor.put('Ann', '20', {}),
  (visitor) => visitor.remove('Ann', {}),
  (visitor) => visitor.patch('{"Ann":"20"}', {}),
];
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Student list", charset="UTF-8"' };

test('credentials in Latin-1 are passed on as they came', async () => {
  const seen: unknown[] = [];
  const visitor = await visitorOf((req, res) => {
    seen.push(req.headers.authorization);
    respond(200, '{}')(req, res);
  }, 'Basic \xfc:\xe9');
  await visitor.patch('{}', {});
  expect(seen).toEqual(['Basic \xfc:\xe9']);
});

test.each([
  [400, '{"error": "wrong", "fields": {"age": "no number"}}', 'wrong', { age: 'no number' }],
  [412, '', 'The API does not say why.', {}],
  [507, '{"error": "no space"}', 'no space', {}],
])('a refusal, %i %s, says what is wrong', async (status, body, error, fields) => {
  const visitor = await visitorOf(respond(status, body));
  for (const change of CHANGES)
    expect(await change(visitor)).toMatchObject({ status, error, fields });
});

describe('without a proper response:', () => {
  test.each<[string, RequestListener]>([
    ['500', respond(500, '{}')],
    ['503', respond(503, '{}')],
    ['302', respond(302, '{}')],
    ['no JSON', respond(200, '<hidden>')],
    ['no such object', respond(200, '{"error": [1]}')],
    ['nothing', (req) => void req.socket.destroy()],
    ['half', (_req, res) => void res.writeHead(200).write('{', () => res.destroy())],
  ])('%s, a question failed, and a change, sent once, is not certain', async (_what, listener) => {
    let requests = 0;
    const visitor = await visitorOf((req, res) => {
      requests++;
      listener(req, res);
    });
    for (const question of QUESTIONS) {
      await expect(question(visitor)).rejects.toMatchObject({ name: 'ApiError' });
    }
    requests = 0;
    for (const change of CHANGES) {
      const error = await change(visitor).catch((it: unknown) => it);
      expect(error).toMatchObject({ status: 504, expose: false });
      expect(error).toMatchObject({ message: expect.not.stringContaining('hidden') }); // for the log
      expect(JSON.stringify(error)).not.toContain(RIGHT);
    }
    expect(requests).toBe(CHANGES.length);
  });

  test('ten seconds of silence are as good as none', async () => {
    const limits = holdTimeLimits();
    try {
      const visitor = await visitorOf(() => limits.end(10_000));
      for (const change of CHANGES)
        await expect(change(visitor)).rejects.toMatchObject({ status: 504 });
      await expect(visitor.preview('{}')).rejects.toMatchObject({ kind: 'timeout' });
    } finally {
      limits.restore();
    }
  });
});

test.each([401, 429])(
  'credentials that the API answers with %i are to be entered again',
  async (status) => {
    const visitor = await visitorOf(respond(status));
    for (const ask of [...QUESTIONS, ...CHANGES]) {
      await expect(ask(visitor)).rejects.toMatchObject({ status: 401, headers: CHALLENGE });
    }
  },
);

test('so are those that may only read, with words that say so', async () => {
  const visitor = await visitorOf(playList().listener, OWN);
  for (const ask of [...QUESTIONS, ...CHANGES]) {
    const message = expect.stringContaining('may only read the list');
    await expect(ask(visitor)).rejects.toMatchObject({ status: 401, headers: CHALLENGE, message });
  }
  expect(await visitor.student('Ahmed', never)).toMatchObject({ age: '20' });
});

test('without credentials, the API is not even asked', async () => {
  for (const none of [undefined, '']) {
    const { as } = createApiClient({ url: 'http://api', username: 'website', password: 'hidden' });
    expect(() => as(none)).toThrow(expect.objectContaining({ status: 401, headers: CHALLENGE }));
  }
});

test('of many who ask at once, twenty are heard at a time', async () => {
  const waiting: (() => void)[] = [];
  const visitor = await visitorOf((req, res) => {
    waiting.push(() => respond(200, '{}')(req, res));
  });
  const all = Promise.all(Array.from({ length: 50 }, () => visitor.patch('{}', {})));
  let most = 0;
  for (let answered = 0; answered < 50; ) {
    while (waiting.length < Math.min(20, 50 - answered)) await new Promise(setImmediate);
    most = Math.max(most, waiting.length);
    answered += waiting.length;
    for (const answer of waiting.splice(0)) answer();
  }
  await all;
  expect(most).toBe(20);
});
