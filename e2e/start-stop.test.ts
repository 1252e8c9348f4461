import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { docker, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

describe.each(['api', 'website'])('the image %s alone', (image) => {
  const container = `${PREFIX}-alone`;
  const run = (...options: string[]) =>
    docker(['run', '--detach', '--name', container, ...options, `${PREFIX}/${image}:e2e`]);
  const exitCode = () => inspect(container, '{{.State.ExitCode}}');
  afterEach(() => docker(['rm', '--force', '--volumes', container]));

  test.each(['SIGTERM', 'SIGINT'])('gets healthy, and ends with code 0 on %s', async (signal) => {
    await run();
    await eventually(30_000, async () =>
      expect(await inspect(container, '{{.State.Health.Status}}')).toBe('healthy'),
    );
    const start = Date.now();
    await docker(['stop', '--signal', signal, '--time', '30', container]);
    expect(Date.now() - start).toBeLessThan(10_000); // when Docker kills
    expect(await exitCode()).toBe('0');
  });

  test('ends with code 1 on bad configuration, with a line for each mistake', async () => {
    const mistakes = ['PORT=http', 'LOG_LEVEL=loud', 'API_USERNAME=a:b'];
    await run(...mistakes.flatMap((mistake) => ['--env', mistake]));
    await docker(['wait', container]);
    expect(await exitCode()).toBe('1');
    const { stdout, stderr } = await docker(['logs', container]);
    const lines = (stdout + stderr).trim().split('\n');
    const variables = lines.map((line) => /(\w+) must/.exec(line)?.[1]);
    expect(variables.sort()).toEqual(['API_USERNAME', 'LOG_LEVEL', 'PORT']);
  });
});

describe('compose up', () => {
  let stack: Stack;
  beforeEach(async () => {
    stack = await createStack('start');
  });
  afterEach(() => stack.down());
  const page = async () => {
    const res = await fetch(`${stack.website}/students`);
    return { status: res.status, text: await res.text() };
  };

  test.each<[string, () => Promise<void>, string]>([
    ['missing', () => rm(stack.list), 'student_age.json is missing; put the list there'],
    [
      'a folder, as Docker makes for a path that does not exist',
      async () => {
        await rm(stack.list);
        await mkdir(stack.list);
      },
      '/data/student_age.json is a folder; Docker makes one',
    ],
    ['broken', () => writeFile(stack.list, '{\n  "Ahmed": "20",\n}\n'), 'line 3, column 1'],
  ])(
    'starts with the list %s: page and log explain, and it is shown once it is there',
    async (_state, spoil, reason) => {
      await spoil();
      await stack.compose('up', '--detach', '--wait');
      const text = expect.stringContaining('There is no student list right now');
      expect(await page()).toEqual({ status: 503, text });
      const { stdout } = await stack.compose('logs', 'simple-api');
      expect(stdout).toContain(reason);

      await rm(stack.list, { recursive: true, force: true });
      await writeFile(stack.list, '{"Ahmed": 20}');
      await eventually(2_000, async () => {
        expect(await page()).toEqual({ status: 200, text: expect.stringContaining('Ahmed') });
      });
    },
  );

  test('has addresses in the log that lead there from this machine', async () => {
    await stack.compose('up', '--detach', '--wait');
    const { stdout } = await stack.compose('logs');
    for (const url of [stack.api, stack.website]) expect(stdout).toContain(`listening on ${url}"`);
  });

  test('starts the website after the API is healthy, and prints no warning', async () => {
    const { stderr } = await stack.compose('up', '--detach');
    expect(stderr).not.toMatch(/warn/i);
    expect(stderr).toMatch(/simple-api-1 {2}Healthy[\s\S]*website-1 {2}Starting/);
  });
});
