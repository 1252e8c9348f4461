import { rm, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { docker, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createStack, type Stack } from './stack';

const IMAGES = ['api', 'website'] as const;
const CONTAINER = `${PREFIX}-alone`;

const stacks: Stack[] = [];
async function prepareStack(): Promise<Stack> {
  const stack = await createStack('start');
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  await docker(['rm', '--force', '--volumes', CONTAINER]);
  for (const stack of stacks.splice(0)) await stack.down();
});

/** Runs one image by itself. */
async function run(image: string, ...options: string[]): Promise<void> {
  await docker(['run', '--detach', '--name', CONTAINER, ...options, `${PREFIX}/${image}:e2e`]);
}

/** What the container has logged. */
async function log(): Promise<string> {
  const { stdout, stderr } = await docker(['logs', CONTAINER]);
  return stdout + stderr;
}

describe.each(IMAGES)('the image %s', (image) => {
  test.each(['SIGTERM', 'SIGINT'])('ends with code 0 within 10 s on %s', async (signal) => {
    await run(image);
    await eventually(30_000, async () => expect(await log()).toContain('listening on'));
    const start = Date.now();
    await docker(['stop', '--signal', signal, '--time', '30', CONTAINER]);
    expect(Date.now() - start).toBeLessThan(10_000);
    expect(await inspect(CONTAINER, '{{.State.ExitCode}}')).toBe('0');
    expect(await log()).toContain('closed');
  });

  test('ends with code 1 on bad configuration, with a line for each mistake', async () => {
    await run(image, '--env', 'PORT=http', '--env', 'LOG_LEVEL=loud', '--env', 'API_USERNAME=a:b');
    await docker(['wait', CONTAINER]);
    expect(await inspect(CONTAINER, '{{.State.ExitCode}}')).toBe('1');
    const lines = (await log()).trim().split('\n');
    expect(lines).toHaveLength(3);
    for (const variable of ['PORT', 'LOG_LEVEL', 'API_USERNAME']) {
      expect(lines.filter((line) => line.includes(`${variable} must`))).toHaveLength(1);
    }
  });

  test('is healthy by its own health check', async () => {
    await run(image);
    await eventually(30_000, async () =>
      expect(await inspect(CONTAINER, '{{.State.Health.Status}}')).toBe('healthy'),
    );
  });
});

/** Starts a stack and returns what the page of the list says. */
async function pageOf(stack: Stack): Promise<{ status: number; text: string }> {
  await stack.compose('up', '--detach', '--wait');
  const res = await fetch(`${stack.website}/students`);
  return { status: res.status, text: await res.text() };
}

describe('compose up', () => {
  test('starts both services with the list missing; the page explains, and shows the list when it is there', async () => {
    const stack = await prepareStack();
    await rm(stack.list);
    const { status, text } = await pageOf(stack);
    expect(status).toBe(503);
    expect(text).toContain('There is no student list right now');
    const { stdout } = await stack.compose('logs', '--no-log-prefix', 'simple-api');
    expect(stdout).toContain('/data/student_age.json is missing; put the list there');

    await writeFile(stack.list, '{"Ahmed": 20}');
    await eventually(2_000, async () => {
      const res = await fetch(`${stack.website}/students`);
      expect(res.status).toBe(200);
      expect(await res.text()).toContain('Ahmed');
    });
  });

  test('starts both services with the list broken; the page explains, and the log says where', async () => {
    const stack = await prepareStack();
    await writeFile(stack.list, '{\n  "Ahmed": "20",\n}\n');
    const { status, text } = await pageOf(stack);
    expect(status).toBe(503);
    expect(text).toContain('There is no student list right now');
    const { stdout } = await stack.compose('logs', '--no-log-prefix', 'simple-api');
    expect(stdout).toContain('line 3, column 1: JSON has no comma after the last member');
  });

  test('refuses to invent a folder for the list', async () => {
    const stack = await prepareStack();
    await rm(stack.data, { recursive: true });
    await expect(stack.compose('up', '--detach')).rejects.toThrow(
      'bind source path does not exist',
    );
  });

  test('starts the website after the API is healthy, and prints no warning', async () => {
    const stack = await prepareStack();
    const { stderr } = await stack.compose('up', '--detach');
    expect(stderr.toLowerCase()).not.toContain('warn');
    expect(stderr.indexOf('simple-api-1  Healthy')).toBeGreaterThan(0);
    expect(stderr.indexOf('website-1  Starting')).toBeGreaterThan(
      stderr.indexOf('simple-api-1  Healthy'),
    );
  });
});
