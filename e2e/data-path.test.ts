import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withApi } from './api';
import { docker, inspect } from './docker';
import { eventually } from './eventually';
import { OWNER, type Stack, startStack } from './stack';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack('data');
});
afterAll(() => stack?.down());

const write = (age: number, file = stack.list) => writeFile(file, `{"Ahmed": "${age}"}\n`);

/** Waits until page and API show Ahmed with an age. */
async function expectShown(age: number): Promise<void> {
  await eventually(async () => {
    expect(await stack.getAges()).toEqual({ Ahmed: String(age) });
    expect((await stack.page()).text).toMatch(RegExp(`1 student[^]*${age} years old`));
  });
}

test.each<[string, string, () => Promise<unknown>]>([
  ['missing', 'student_age.json is missing; put the list there', async () => {}],
  ['a folder', '/data/student_age.json is a folder; Docker makes one', () => mkdir(stack.list)],
  ['broken', 'line 3, column 1', () => writeFile(stack.list, '{\n  "Ahmed": "20",\n}\n')],
])('the stack starts with a list that is %s, and says so: %s', async (_how, reason, spoil) => {
  await stack.compose('down');
  await rm(stack.list, { recursive: true, force: true });
  await spoil();
  await stack.compose('up', '--detach', '--wait');
  const text = expect.stringContaining('There is no student list right now');
  expect(await stack.page()).toEqual({ status: 503, text });
  expect((await stack.compose('logs', 'simple-api')).stdout).toContain(reason);
  await rm(stack.list, { recursive: true, force: true });
  await write(30);
  await expectShown(30);
});

test('a list that is edited in place, or renamed over, shows, and in a new container', async () => {
  await write(31);
  await expectShown(31);
  await write(32, `${stack.list}~`);
  await rename(`${stack.list}~`, stack.list);
  await expectShown(32);
  await stack.compose('up', '--detach', '--wait', '--force-recreate', 'simple-api');
  await expectShown(32);
});

test('while the file is spoilt, the last good list is shown, and readiness says why', async () => {
  await write(33);
  await expectShown(33);
  for (const [why, spoil] of [
    ['line 2, column 12', () => writeFile(stack.list, '{\n  "Ahmed": twenty\n}\n')],
    [`may not be read by user ${OWNER.uid}`, () => chmod(stack.list, 0o000)],
    ['is missing', () => rm(stack.list)],
  ] as const) {
    await spoil();
    await eventually(async () => {
      const ready = await (await fetch(`${stack.api}/health/ready`)).json();
      expect(ready).toMatchObject({ problem: expect.stringContaining(why) });
    });
    await expectShown(33);
  }
  const health = await inspect(stack.container('simple-api'), '{{.State.Health.Status}}');
  expect(health).toBe('healthy');
  await write(34);
  await expectShown(34);
});

test('when the folder is renamed and made anew, the list is read-only, and what helps is said', async () => {
  await write(36);
  await expectShown(36);
  await rename(stack.data, `${stack.data}-old`);
  await mkdir(stack.data);
  await chown(stack.data, OWNER.uid, OWNER.gid);
  await write(37);
  await chown(stack.list, OWNER.uid, OWNER.gid);
  expect((await stack.put('Ahmed', 38)).status).toBe(405);
  const remedy = 'docker compose up -d --force-recreate';
  await eventually(async () =>
    expect(await (await fetch(`${stack.api}/health/ready`)).text()).toContain(remedy),
  );
  await stack.compose(...remedy.split(' ').slice(2), '--wait');
  await expectShown(37);
  expect((await stack.put('Ahmed', 38)).status).toBe(200);
});

test('a list that is copied into a volume is served, and after a restart too', () =>
  withApi([], async (api) => {
    const expectList = (text: string) =>
      eventually(async () => expect((await api.getList()).text).toContain(text));
    await expectList('/data/student_age.json is missing');
    await write(35);
    await docker(['cp', stack.list, `${api.container}:/data`]);
    await expectList('"Ahmed": "35"');
    await docker(['restart', api.container]);
    await expectList('"Ahmed": "35"');
  }));
