import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { closeAfter } from '../../test/closing';
import { SHIPPED } from '../../test/contract';
import { eventually } from '../../test/eventually';
import { exchange } from '../../test/exchange';
import { openList } from '../../test/opened-list';
import { MERGE_PATCH, serve } from '../../test/served';
import type { StudentStore } from '../students/store';
import { ofList } from './caching';
import { STUDENT_AGES_PATH, STUDENTS_PATH } from './documents';

async function open(text = SHIPPED, parts: Partial<StudentStore> = {}) {
  const api = await serve({ ...(await openList(text)), ...parts });
  const patch = (body: string | Buffer, query = '') =>
    api
      .ask('patch', STUDENTS_PATH + query)
      .type(MERGE_PATCH)
      .serialize((it) => it)
      .send(body);
  return { ...api, patch, shown: async () => (await api.ask('get', STUDENT_AGES_PATH)).text };
}

test('what a preview was of can be saved once, and only while the list is the same', async () => {
  const { patch, shown } = await open();
  const before = await shown();
  const preview = await patch('{"Zoé": 1}', '?preview=true');
  expect(await shown()).toBe(before);
  const save = () => patch('{"Zoé": 1}').set('If-Match', preview.headers['etag'] ?? '');
  const saved = await save();
  expect([saved.status, saved.body]).toEqual([200, { added: 1, changed: 0, removed: 0 }]);
  expect(await shown()).toContain('"Zoé": 1');
  expect((await save()).status).toBe(412);
});

test('an If-Match without a tag never holds, also between changes that are made together', () => {
  const together = { version: undefined, all: 1, ageOf: () => 20 };
  for (const match of ['', '"x",', ', ']) {
    expect(ofList({ 'if-match': match })?.(together)).toBe('The list has changed meanwhile');
  }
  expect(ofList({ 'if-match': '*' })?.(together)).toBeUndefined();
});

test('members reach their own students, whatever JSON.parse makes of it (nodejs/node#63785)', async () => {
  const { patch, shown } = await open('{}');
  await patch('{"Bob":"1","O\\\\":"2"}');
  await patch('{"Bob":"1","O\\u00e9":"3"}');
  expect(JSON.parse(await shown())).toEqual({ student_ages: { Bob: '1', 'O\\': '2', Oé: '3' } });
});

test('it may be of 26,000 students, but no more than fit the list', async () => {
  const { patch } = await open();
  const ages = (first: number) =>
    Array.from({ length: 26_000 }, (_, i) => `"Jean-Luc Maximilian No. ${first + i}": "20"`);
  const body = `{${ages(100_000).join(', ')}}`;
  expect(body.length).toBeGreaterThan(1_000_000);
  const counts = { added: 26_000, changed: 0, removed: 0 };
  expect((await patch(body, '?preview=true')).body).toMatchObject(counts);
  expect((await patch(body)).body).toEqual(counts);
  for (const query of ['', '?preview=true']) {
    const { status, body } = await patch(`{${ages(200_000)}}`, query);
    expect([status, body.error]).toEqual([409, 'The list is full: it has at most 30000 students']);
  }
});

test('what is not UTF-8 is 400', async () => {
  const { patch } = await open();
  const { status, body } = await patch(Buffer.from('{"\xff": 1}', 'latin1'));
  expect([status, body]).toEqual([400, { error: 'The body must be UTF-8' }]);
});

test('no long body is read of whoever may change nothing', async () => {
  const { url } = await open();
  const headers = `Host: x\r\nContent-Type: ${MERGE_PATCH}\r\nContent-Length: 1000000`;
  const response = await exchange(url, `PATCH ${STUDENTS_PATH} HTTP/1.1\r\n${headers}\r\n\r\n{`);
  expect(response).toMatch(/^HTTP\/1.1 401 .*Connection: close\r\n/s);
});

test('ten are under way at most, and not those of whoever has left', async () => {
  let started = 0;
  const change = () => new Promise<never>(() => started++);
  const { patch, url } = await open(SHIPPED, { change });
  const headers = `Authorization: Basic ${btoa('editor:hush-edit')}\r\nContent-Type: ${MERGE_PATCH}`;
  const one = `PATCH ${STUDENTS_PATH} HTTP/1.1\r\nHost: x\r\n${headers}\r\nContent-Length: 2\r\n\r\n{}`;
  function sendOne() {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(one));
    closeAfter(() => socket.destroy());
    return socket;
  }
  const [first] = Array.from({ length: 10 }, sendOne);
  await eventually(() => expect(started).toBe(10));
  const { status, body, headers: given } = await patch('{}');
  const TOO_MANY = 'Nothing was changed: too many patches at a time';
  expect([status, body.error, given['retry-after']]).toEqual([503, TOO_MANY, '1']);
  first?.destroy();
  await eventually(() => {
    sendOne();
    expect(started).toBeGreaterThan(10);
  });
});
