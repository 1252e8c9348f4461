import { describe, expect, test } from '@jest/globals';
import { CASES, SHIPPED } from '../test/contract';
import { keepsContract } from '../test/keeps-contract';
import { openList } from '../test/opened-list';
import { MERGE_PATCH, pathOf, serve } from '../test/served';
import { STUDENT_AGES_PATH, STUDENTS_PATH } from './http/documents';

describe('with a file, the contract is kept:', () => keepsContract(openList));

test('the log has a line for each change: who, from where and how many, but no name', async () => {
  const { ask, lines } = await serve(await openList(SHIPPED));
  const patch = (query: string) => ask('patch', STUDENTS_PATH + query).type(MERGE_PATCH);
  await patch('?preview=true').send('{"Ahmed": 1}');
  await patch('').set('X-Forwarded-For', '192.0.2.1').send('{"Ahmed": 1, "Zoe": 2, "Omar": null}');
  await ask('put', pathOf('Ahmed')).send({ age: 1 }); // as it is
  await ask('put', pathOf('Ahmed')).send({ age: 2 });
  await ask('delete', pathOf('Ahmed'));
  const logged = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 30);
  const line = { account: 'editor', client: '127.0.0.1', msg: 'changed the list' };
  const of = (added: number, changed: number, removed: number, parts = {}) =>
    expect.objectContaining({ ...line, added, changed, removed, ...parts });
  const patched = of(1, 1, 1, { forwardedFor: '192.0.2.1' });
  expect(logged).toEqual([patched, of(0, 1, 0), of(0, 0, 1)]);
  const old = pathOf('Ahmed').replace('students', 'get_student_ages');
  for (const path of [pathOf('Ahmed'), old]) {
    for (const method of ['get', 'post', 'delete'] as const) {
      await ask(method, path).set('X-Forwarded-For', '\x9b31m').expect(/error/);
    }
  }
  expect(lines.length).toBeGreaterThan(6);
  expect(lines.join()).not.toMatch(/Ahmed|Zoe|Omar|\x9b/);
});

test('the log has one line for each failure, with its cause, and at debug for each request', async () => {
  const store = await openList(SHIPPED);
  const { ask, lines } = await serve({ ...store, ...CASES.unexpected });
  for (const path of [`/${'x'.repeat(10_000)}`, '/health/ready', '/']) await ask('get', path);
  const logged = lines.map((line): unknown => JSON.parse(line));
  const of = (level: number, parts: object) =>
    logged.filter((line) =>
      expect.objectContaining({ level, method: 'GET', ...parts }).asymmetricMatch(line),
    );
  expect(of(40, { status: 404, path: `/${'x'.repeat(199)}` })).toHaveLength(1);
  expect(
    of(50, { status: 500, err: expect.objectContaining({ message: 'the cause' }) }),
  ).toHaveLength(1);
  expect(of(20, { status: 200, path: '/' })).toHaveLength(1);
});

const MADE = /^[0-9a-f-]{36}$/;
test.each([
  ['abc-DEF-123', 'abc-DEF-123'],
  ['x'.repeat(64), 'x'.repeat(64)],
  [undefined, MADE],
  ['x'.repeat(65), MADE],
  ['a b', MADE],
  ['a, b', MADE],
  ['', MADE],
])(
  'a request with the id %j has it in its response, and in each line of the log',
  async (sent, id) => {
    const { ask, lines } = await serve(await openList(SHIPPED));
    for (const [method, path] of [
      ['get', STUDENT_AGES_PATH],
      ['head', STUDENTS_PATH],
      ['put', pathOf('Ahmed')],
      ['get', '/nowhere'],
      ['post', STUDENT_AGES_PATH],
    ] as const) {
      const req = ask(method, path).send(method === 'put' ? { age: 1 } : undefined);
      const { headers } = await (sent === undefined ? req : req.set('X-Request-Id', sent));
      expect(headers['x-request-id']).toMatch(id);
      const logged = lines.splice(0).map((line) => JSON.parse(line));
      expect(logged.length).toBeGreaterThan(0);
      for (const line of logged) expect(line.id).toBe(headers['x-request-id']);
    }
  },
);
