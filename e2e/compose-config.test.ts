import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = join(__dirname, '..');

describe.each(['docker-compose.yml', 'docker-compose-registry.yml'])('%s', (file) => {
  const config = (env: NodeJS.ProcessEnv) =>
    run('docker', ['compose', '--file', file, 'config', '--format', 'json'], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    });

  test('is valid and gives no warning, with no variable set', async () => {
    const { stdout, stderr } = await config({});
    expect(stderr).toBe('');
    expect(Object.keys(JSON.parse(stdout).services)).toHaveLength(2);
  });

  test('publishes on addresses of its own machine only, but for the website', async () => {
    const { stdout } = await config({});
    for (const [name, { ports }] of Object.entries<{ ports: { host_ip?: string }[] }>(
      JSON.parse(stdout).services,
    )) {
      for (const port of ports) {
        expect(port.host_ip).toBe(name === 'website' ? undefined : '127.0.0.1');
      }
    }
  });
});

test('the website signs in with the API’s variables, never with the name of the host’s user', async () => {
  const { stdout } = await run('docker', ['compose', 'config', '--format', 'json'], {
    cwd: root,
    env: { ...process.env, USERNAME: 'desktop', API_USERNAME: 'zoë', API_PASSWORD: 'x' },
  });
  const { services } = JSON.parse(stdout);
  for (const name of ['simple-api', 'website']) {
    expect(services[name].environment).toMatchObject({ API_USERNAME: 'zoë', API_PASSWORD: 'x' });
  }
  expect(stdout).not.toContain('desktop');
});
