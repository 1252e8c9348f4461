import { describe, expect, test } from '@jest/globals';
import { docker } from './docker';

const REGISTRY = 'docker-compose-registry.yml';
const SECURE = 'docker-compose-registry-secure.yml';

async function configOf(files: string[], env: NodeJS.ProcessEnv = {}) {
  const args = ['compose', '--env-file', '/dev/null', ...files.flatMap((file) => ['--file', file])];
  const { stdout, stderr } = await docker([...args, 'config', '--format', 'json'], env);
  return { config: JSON.parse(stdout), warnings: stderr };
}

test.each([
  { files: ['docker-compose.yml'], ports: ['127.0.0.1:5000:5000', ':80:3000'] },
  { files: [REGISTRY], ports: ['127.0.0.1:5000:5000', '127.0.0.1:8080:8080'] },
  { files: [REGISTRY, SECURE], ports: ['0.0.0.0:5000:5000', '127.0.0.1:8080:8080'] },
])('$files give no warning, and publish $ports', async ({ files, ports }) => {
  const secret = files.includes(SECURE) ? { REGISTRY_HTTP_SECRET: 'secret' } : {};
  const { config, warnings } = await configOf(files, secret);
  expect(warnings).toBe('');
  const published = Object.values<{ ports: Record<string, string>[] }>(config.services)
    .flatMap((service) => service.ports)
    .map(({ host_ip = '', published, target }) => `${host_ip}:${published}:${target}`);
  expect(published.sort()).toEqual([...ports].sort());
});

test('the stack and the registry are projects of their own: one’s down leaves the other alone', async () => {
  const stack = await configOf(['docker-compose.yml']);
  const registry = await configOf([REGISTRY]);
  expect(stack.config.name).not.toBe(registry.config.name);
});

describe('docker-compose.yml', () => {
  test('has both services on my-network, with the API’s credentials, not the host user’s name', async () => {
    const env = { USERNAME: 'desktop', API_USERNAME: 'zoë', API_PASSWORD: 'x' };
    const { config } = await configOf(['docker-compose.yml'], env);
    for (const name of ['simple-api', 'website']) {
      expect(config.services[name]).toMatchObject({
        networks: { 'my-network': null },
        environment: { API_USERNAME: 'zoë', API_PASSWORD: 'x' },
      });
    }
    expect(JSON.stringify(config)).not.toContain('desktop');
  });

  test('mounts the list read-only, and makes no folder where there is none', async () => {
    const { config } = await configOf(['docker-compose.yml']);
    const [mount] = config.services['simple-api'].volumes;
    expect(mount).toMatchObject({ target: '/data', read_only: true });
    expect(mount.bind.create_host_path ?? false).toBe(false);
  });
});
