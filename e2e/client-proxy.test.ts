import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, exec, PREFIX } from './docker';
import { createRegistry } from './registry';
import { startWithUi } from './registry-ui';
import { BUILT, createStack } from './stack';

const PROXY = 'http://127.0.0.1:9'; // nothing listens there

/** The variables of a Docker client that names a proxy to every container. */
const client = { DOCKER_HOST: '', DOCKER_CONFIG: '' };
beforeAll(async () => {
  // Where the engine and the plugins are stands in the configuration that this replaces.
  const context = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'];
  client.DOCKER_HOST = (await docker(context)).stdout.trim();
  client.DOCKER_CONFIG = await mkdtemp(join(tmpdir(), `${PREFIX}-client-`));
  const config = {
    proxies: { default: { httpProxy: PROXY, httpsProxy: PROXY } },
    cliPluginsExtraDirs: [join(homedir(), '.docker/cli-plugins')],
  };
  await writeFile(join(client.DOCKER_CONFIG, 'config.json'), JSON.stringify(config));
});
afterAll(() => rm(client.DOCKER_CONFIG, { recursive: true }));

test('the registry and its UI get healthy, and reach each other', async () => {
  const registry = await createRegistry('proxy');
  try {
    const variables = Object.entries(client).map(([name, value]) => `${name}='${value}'`);
    await startWithUi(registry, `export ${variables.join(' ')}`);
    expect(await exec(registry.container, 'env')).toContain(`http_proxy=${PROXY}\n`);
    expect((await fetch(`${registry.ui}/v2/_catalog`)).status).toBe(200);
  } finally {
    await registry.down();
  }
});

test('the API and the website get healthy, and reach each other', async () => {
  const stack = await createStack('proxy', { ...BUILT, ...client });
  try {
    await stack.compose('up', '--detach', '--wait');
    expect(await exec(stack.container('website'), 'env')).toContain(`http_proxy=${PROXY}\n`);
    expect(await (await fetch(`${stack.website}/students`)).text()).toContain('6 students');
  } finally {
    await stack.down();
  }
});
