import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from './eventually';
import { startLoad, type Visit } from './load';
import { createStack, type Stack } from './stack';

/** The most students that a list may have. */
const MAX_STUDENTS = 200_000;

/** How soon others must be served, in ms; the README has what was measured on a quiet machine. */
const PATIENCE_MS = 2_000;

let stack: Stack;
beforeAll(async () => {
  stack = await createStack('long-list');
  await stack.compose('up', '--detach', '--wait');
});
afterAll(() => stack.down());

/** Puts a list in place, with names of so many characters, and waits until both services have it. */
async function serve(students: number, length: number, character = 'a'): Promise<void> {
  const member = (i: number) => `"${String(i).padEnd(length, character)}": "${18 + (i % 40)}"`;
  await writeFile(stack.list, `{${Array.from({ length: students }, (_, i) => member(i)).join()}}`);
  await eventually(60_000, async () => {
    const ready = await fetch(`${stack.api}/health/ready`);
    expect(await ready.json()).toEqual({ status: 'ready', students });
    const page = await fetch(`${stack.website}/students`);
    expect(await page.text()).toContain(`${students.toLocaleString('en-US')} students`);
  });
}

const slowest = (visits: readonly Visit[]) => Math.max(...visits.map(({ ms }) => ms));
const failed = (visits: readonly Visit[]) => visits.filter(({ status }) => status !== 200);

test('eight replacements of the longest list, and changes of it, stop neither service; the API serves on meanwhile', async () => {
  // 63 MB: é has two bytes.
  await serve(MAX_STUDENTS, 157, 'é');
  const loads = [
    startLoad(`${stack.api}/health/ready`, 5),
    startLoad(`${stack.website}/students`, 1),
  ];
  try {
    for (let i = 1; i <= 8; i++) await serve(MAX_STUDENTS - i, 200);
    for (let age = 0; age < 5; age++) {
      const changes = [stack.put('Zoë', age), stack.patch({ Zoë: age + 10, Omar: age })];
      for (const { status } of await Promise.all(changes)) expect([200, 201]).toContain(status);
    }
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
  for (const { visits } of loads) expect(failed(visits)).toEqual([]);
  await stack.expectUnharmed();
});

test.each([
  ['a page for each of many filters', (i: number) => `name=${i}&sort=age`],
  ['pages with parameters that are made up', (i: number) => `sort=age&${i}`],
])('others are served while twenty connections ask for %s', async (_what, queryOf) => {
  await serve(MAX_STUDENTS, 20);
  let isOver = false;
  let asked = 0;
  async function attack(): Promise<void> {
    while (!isOver) {
      const socket = connect(Number(new URL(stack.website).port), '127.0.0.1').on(
        'error',
        () => {},
      );
      const requests = Array.from({ length: 9 }, () => `GET /students?${queryOf(asked++)}`);
      socket.write(requests.map((line) => `${line} HTTP/1.1\r\nHost:\r\n\r\n`).join(''));
      socket.resume();
      await sleep(100); // some have been answered by then, others not
      socket.destroy();
    }
  }
  const attackers = Array.from({ length: 20 }, attack);
  await sleep(500);
  const others = ['/health/live', '/students'].map((path) => startLoad(stack.website + path, 5));
  await sleep(5_000);
  const visits = await Promise.all(others.map((load) => load.stop()));
  isOver = true;
  await Promise.all(attackers);
  for (const each of visits) {
    expect(failed(each)).toEqual([]);
    expect(slowest(each)).toBeLessThan(PATIENCE_MS);
  }
  await stack.expectUnharmed();
});
