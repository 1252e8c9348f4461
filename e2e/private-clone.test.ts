import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX, run } from './docker';
import { eventually } from './eventually';

const container = `${PREFIX}-private-clone`;
let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), `${container}-`));
});
afterEach(async () => {
  await docker(['rm', '--force', '--volumes', container]);
  await rm(clone, { recursive: true });
});

test.each([
  ['simple_api', 'http://127.0.0.1:5000/health/live'],
  ['website', 'http://127.0.0.1:3000/'],
])('%s is built and runs from a clone that only its owner may read', async (service, url) => {
  const files = `git ls-files -z --cached --others --exclude-standard ${service}`;
  const copy = `umask 077; ${files} | xargs -0 cp --parents --target-directory ${clone}`;
  await run(['bash', '-ec', copy], {});
  expect((await stat(join(clone, service, 'package.json'))).mode & 0o777).toBe(0o600);

  const image = `${PREFIX}/private-clone:${service}`;
  await docker(['build', '--quiet', '--tag', image, join(clone, service)]);
  await docker(['run', '--detach', '--name', container, image]);
  await eventually(30_000, async () =>
    expect(await inspect(container, '{{.State.Health.Status}}')).toBe('healthy'),
  );
  const ask = `fetch('${url}').then((response) => console.log(response.status))`;
  expect(await exec(container, 'node', '--eval', ask)).toBe('200\n');
  expect(await exec(container, 'find', '/app', '!', '-perm', '-o=r', '-o', '-perm', '/o=w')).toBe(
    '',
  );
});
