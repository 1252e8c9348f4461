import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { basicAuth } from './api';
import { docker, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createStack, OWNER, type Stack } from './stack';

/** How soon a change must show, in ms. */
const SOON_MS = 2_000;

let stack: Stack;
beforeAll(async () => {
  stack = await createStack('data');
  await stack.compose('up', '--detach', '--wait');
});
afterAll(() => stack.down());

const write = (age: number, file = stack.list) => writeFile(file, `{"Ahmed": "${age}"}\n`);

/** Waits until page and API show Ahmed with an age. */
async function expectShown(age: number): Promise<void> {
  await eventually(SOON_MS, async () => {
    expect(await (await stack.getList()).json()).toEqual({ student_ages: { Ahmed: String(age) } });
    const page = await (await fetch(`${stack.website}/students`)).text();
    expect(page).toContain(`${age} years old`);
    expect(page).toContain('1 student');
  });
}

describe('a change of the file on the host shows on page and API within two seconds', () => {
  test('edited in place, and renamed over, as editors save', async () => {
    await write(31);
    await expectShown(31);
    await write(32, `${stack.list}~`);
    await rename(`${stack.list}~`, stack.list);
    await expectShown(32);
  });

  test.each<[string, string, () => Promise<void>]>([
    ['removed', 'is missing', () => rm(stack.list)],
    ['a bad edit', 'line 2, column 12', () => writeFile(stack.list, '{\n  "Ahmed": twenty\n}\n')],
    ['not readable', `may not be read by user ${OWNER.uid}`, () => chmod(stack.list, 0o000)],
  ])(
    '%s: the last good list is shown, readiness says why, and then it is mended',
    async (_what, problem, spoil) => {
      await write(33);
      await expectShown(33);
      await spoil();
      await eventually(SOON_MS, async () => {
        const ready = await (await fetch(`${stack.api}/health/ready`)).json();
        expect(ready).toMatchObject({ problem: expect.stringContaining(problem) });
      });
      await expectShown(33);
      const health = await inspect(stack.container('simple-api'), '{{.State.Health.Status}}');
      expect(health).toBe('healthy');

      await write(34);
      await chmod(stack.list, 0o644);
      await expectShown(34);
    },
  );

  test('seen by a new container too', async () => {
    await stack.compose('up', '--detach', '--wait', '--force-recreate', 'simple-api');
    await expectShown(34);
  });
});

test('a list that is copied into a container with a volume is served, and after a restart too', async () => {
  const name = `${PREFIX}-volume`;
  const run = ['run', '--detach', '--name', name, '--publish', '127.0.0.1::5000'];
  await docker([...run, `${PREFIX}/api:e2e`]);
  const expectBody = (text: string) =>
    eventually(20_000, async () => {
      const { stdout } = await docker(['port', name, '5000']);
      const url = `http://${stdout.trim()}/supmit/api/v1.0/get_student_ages`;
      const headers = { Authorization: basicAuth({ username: 'root', password: 'root' }) };
      expect(await (await fetch(url, { headers })).text()).toContain(text);
    });
  try {
    await expectBody('/data/student_age.json is missing');
    await docker(['cp', stack.list, `${name}:/data`]);
    await expectBody('"Ahmed": "34"');
    await docker(['restart', name]);
    await expectBody('"Ahmed": "34"');
  } finally {
    await docker(['rm', '--force', '--volumes', name]);
  }
});
