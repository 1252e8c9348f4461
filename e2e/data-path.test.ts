import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

/** How soon a change must show, in ms. */
const SOON_MS = 2_000;

let stack: Stack;
beforeAll(async () => {
  stack = await createStack('data');
  await stack.compose('up', '--detach', '--wait');
});
afterAll(() => stack.down());

const list = (age: number) => `{"Ahmed": "${age}"}\n`;

/** Waits until page and API show Ahmed with an age. */
async function expectShown(age: number): Promise<void> {
  await eventually(SOON_MS, async () => {
    expect(await (await stack.getList()).json()).toEqual({ student_ages: { Ahmed: String(age) } });
    const page = await (await fetch(`${stack.website}/students`)).text();
    expect(page).toContain(`${age} years old`);
    expect(page).toContain('1 student');
  });
}

/** Waits until readiness tells of a problem, and checks that the last good list is still shown. */
async function expectProblem(words: string, shown: number): Promise<void> {
  await eventually(SOON_MS, async () => {
    const ready = await (await fetch(`${stack.api}/health/ready`)).json();
    expect(ready).toMatchObject({ problem: expect.stringContaining(words) });
  });
  await expectShown(shown);
}

describe('a change of the file on the host shows on page and API within two seconds', () => {
  test('edited in place', async () => {
    await writeFile(stack.list, list(31));
    await expectShown(31);
  });

  test('renamed over, as editors save', async () => {
    await writeFile(`${stack.list}~`, list(32));
    await rename(`${stack.list}~`, stack.list);
    await expectShown(32);
  });

  test('removed and put back', async () => {
    await rm(stack.list);
    await expectProblem('is missing', 32);
    await writeFile(stack.list, list(33));
    await expectShown(33);
  });

  test('a bad edit, then a good one', async () => {
    await writeFile(stack.list, '{\n  "Ahmed": twenty\n}\n');
    await expectProblem('line 2, column 12', 33);
    expect(await inspect(stack.container('simple-api'), '{{.State.Health.Status}}')).toBe(
      'healthy',
    );
    await writeFile(stack.list, list(34));
    await expectShown(34);
  });

  test('permission taken away and given back', async () => {
    await chmod(stack.list, 0o000);
    await expectProblem('may not be read by user 1000', 34);
    await writeFile(stack.list, list(35));
    await chmod(stack.list, 0o644);
    await expectShown(35);
  });
});

test('a container that is replaced has the data still', async () => {
  await stack.compose('up', '--detach', '--wait', '--force-recreate', 'simple-api');
  await expectShown(35);
});

test('a list that is copied into a container with a volume is served, and after a restart too', async () => {
  const name = `${PREFIX}-volume`;
  const image = `${PREFIX}/api:e2e`;
  await docker(['run', '--detach', '--name', name, '--publish', '127.0.0.1::5000', image]);
  const url = async () => {
    const { stdout } = await docker(['port', name, '5000']);
    return `http://${stdout.trim()}`;
  };
  const get = async (path: string) => fetch(`${await url()}${path}`);
  const ages = async () => {
    const res = await fetch(`${await url()}/supmit/api/v1.0/get_student_ages`, {
      headers: { Authorization: `Basic ${btoa('root:root')}` },
    });
    return res.text();
  };
  try {
    await eventually(20_000, async () => expect((await get('/health/live')).status).toBe(200));
    expect((await get('/health/ready')).status).toBe(503);
    expect(await ages()).toContain('/data/student_age.json is missing');

    await docker(['cp', stack.list, `${name}:/data`]);
    await eventually(SOON_MS, async () => expect(await ages()).toContain('"Ahmed": "35"'));

    await docker(['stop', name]);
    expect(await inspect(name, '{{.State.ExitCode}}')).toBe('0');
    await docker(['start', name]);
    await eventually(20_000, async () => expect(await ages()).toContain('"Ahmed": "35"'));
    expect(await exec(name, 'ls', '/data')).toBe('student_age.json\n');
  } finally {
    await docker(['rm', '--force', '--volumes', name]);
  }
});
