import { expect, test } from '@jest/globals';
import { docker, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createStack } from './stack';

test.each(['api', 'website'])('the image %s alone gets healthy, and stops', async (image) => {
  const container = `${PREFIX}-alone-${image}`;
  try {
    const run = ['run', '--detach', '--env', 'PORT=', '--name', container]; // empty: not set
    await docker([...run, `${PREFIX}/${image}:e2e`]);
    await eventually(async () =>
      expect(await inspect(container, '{{.State.Health.Status}}')).toBe('healthy'),
    );
    await docker(['stop', container]);
    expect(await inspect(container, '{{.State.ExitCode}}')).toBe('0'); // killed, it is 137
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
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
