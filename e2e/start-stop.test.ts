import { afterEach, describe, expect, test } from '@jest/globals';
import { docker, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createStack } from './stack';

describe.each(['api', 'website'])('the image %s alone', (image) => {
  const container = `${PREFIX}-alone`;
  const run = (...options: string[]) =>
    docker(['run', '--detach', '--name', container, ...options, `${PREFIX}/${image}:e2e`]);
  const exitCode = () => inspect(container, '{{.State.ExitCode}}');
  afterEach(() => docker(['rm', '--force', '--volumes', container]));

  test.each(['SIGTERM', 'SIGINT'])('gets healthy, and ends with code 0 on %s', async (signal) => {
    await run();
    await eventually(async () =>
      expect(await inspect(container, '{{.State.Health.Status}}')).toBe('healthy'),
    );
    await docker(['stop', '--signal', signal, container]); // killed, the code is 137
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

test('compose up prints no warning, starts the website after the API is healthy, and logs addresses that lead there', async () => {
  const stack = await createStack('start');
  try {
    const { stderr } = await stack.compose('up', '--detach', '--wait');
    expect(stderr).not.toMatch(/warn/i);
    expect(stderr).toMatch(/simple-api-1 {2}Healthy[\s\S]*website-1 {2}Starting/);
    const { stdout } = await stack.compose('logs');
    for (const url of [stack.api, stack.website]) expect(stdout).toContain(`listening on ${url}"`);
  } finally {
    await stack.down();
  }
});
