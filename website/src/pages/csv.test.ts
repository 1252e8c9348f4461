import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import { apiOf } from '../../test/api-of';
import { captureLog } from '../../test/captured-log';
import { holdStudents } from '../../test/held-students';
import { SIX, startApi } from '../../test/scripted-api';
import { createApp } from '../app';
import type { Student, StudentList } from '../students/list';
import { PART_SIZE, type Students } from '../students/students';

const { logger, lines } = captureLog();
const appOf = (getStudents: () => Promise<Students>) =>
  createApp({ api: apiOf(getStudents), logger });
const site = (list: StudentList = SIX) => request(appOf(async () => holdStudents(list)));

const MANY = Array.from({ length: 3 * PART_SIZE + 1 }, (_, i): Student => {
  return [`Student ${String(i).padStart(4, '0')}`, i % 3 ? 20 : 30];
});

/** A list whose parts a test can count, and which is closed after some of them. */
function countParts(list: StudentList, closedAfter = Number.POSITIVE_INFINITY) {
  const held = holdStudents(list);
  const starts: number[] = [];
  const students: Students = {
    ...held,
    csvPart: async (query, start, isWanted) => {
      if (starts.push(start) > closedAfter) return undefined;
      return held.csvPart(query, start, isWanted);
    },
  };
  return { students, starts };
}

test('the file is for keeping, in UTF-8, and named', async () => {
  const { headers, text } = await site().get('/students.csv').expect(200);
  expect(headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(headers['content-disposition']).toBe('attachment; filename="students.csv"');
  expect(headers['cache-control']).toBe('private, no-cache');
  expect(headers['x-content-type-options']).toBe('nosniff');
  const rows = SIX.map(([name, age]) => `"${name}",${age}\r\n`);
  expect(text).toBe(`\uFEFFName,Age\r\n${rows.join('')}`);
});

test('it has the page’s filter and order, and all pages', async () => {
  const ask = (query: string) => site(MANY).get(`/students.csv${query}`);
  const rowsOf = async (query: string) => (await ask(query)).text.trim().split('\r\n').slice(1);
  const all = MANY.map(([name, age]) => `"${name}",${age}`);
  expect(await rowsOf('')).toEqual(all);
  expect(await rowsOf('?page=2&order=desc')).toEqual(all.toReversed());
  const filtered = all.filter((row) => row.includes('99'));
  expect(await rowsOf('?name=99')).toEqual(filtered);
  expect((await rowsOf('?sort=age')).at(-1)).toBe(`"Student 0${3 * PART_SIZE}",30`);
  expect(await rowsOf('?name=nobody')).toEqual([]);
});

test('the page links it, with filter and order', async () => {
  const linkOf = async (query: string) =>
    / href="([^"]*)">Download as CSV</.exec((await site(MANY).get(`/students${query}`)).text)?.[1];
  expect(await linkOf('')).toBe('/students.csv');
  expect(await linkOf('?name=99&sort=age&order=desc&page=2')).toBe(
    '/students.csv?name=99&amp;sort=age&amp;order=desc',
  );
  expect(await linkOf('?name=nobody')).toBeUndefined();
});

test('HEAD makes nothing but the beginning', async () => {
  const { students, starts } = countParts(MANY);
  const { headers, text } = await request(appOf(async () => students)).head('/students.csv');
  expect(headers['content-type']).toBe('text/csv; charset=utf-8');
  expect([text, starts]).toEqual([undefined, [0]]);
});

test('a list that is replaced before the beginning is asked for again', async () => {
  const lists = [countParts(MANY, 0).students, holdStudents(SIX)];
  const { text } = await request(appOf(async () => lists.shift() ?? holdStudents([]))).get(
    '/students.csv',
  );
  expect(text).toContain('"Ahmed",20');
});

test('one that is replaced in the middle cuts the connection', async () => {
  lines.length = 0;
  const { students } = countParts(MANY, 2);
  await expect(request(appOf(async () => students)).get('/students.csv')).rejects.toThrow(
    /aborted|socket hang up/,
  );
  expect(lines.filter((line) => JSON.parse(line).level > 40)).toEqual([]);
});

test('a list that is lost in the middle cuts the connection too, and the log says why', async () => {
  const students = { ...countParts(MANY).students };
  const { csvPart } = students;
  students.csvPart = (query, start, isWanted) =>
    start > 0 ? Promise.reject(new Error('no memory')) : csvPart(query, start, isWanted);
  await expect(request(appOf(async () => students)).get('/students.csv')).rejects.toThrow(
    /aborted|socket hang up/,
  );
  expect(lines.join()).toContain('no memory');
});

test('no more is made than the client takes, and nothing once it is gone', async () => {
  const long = Array.from(
    { length: 1_000 * PART_SIZE },
    (_, i): Student => [`${i}`.padEnd(200, 'a'), 20],
  );
  const { students, starts } = countParts(long);
  const server = await startApi(appOf(async () => students));
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /students.csv HTTP/1.1\r\nHost: x\r\n\r\n');
  let made = 0;
  do {
    made = starts.length;
    await sleep(200);
  } while (starts.length > made);
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(800);
  lines.length = 0;
  socket.destroy();
  await sleep(200);
  expect(starts).toHaveLength(made);
  expect(lines.filter((line) => JSON.parse(line).level > 30)).toEqual([]);
  await server.close();
});
