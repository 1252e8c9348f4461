import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, exec, inspect, PREFIX } from './docker';
import { eventually } from './eventually';

const network = `${PREFIX}-families`;
const [api, website] = [`${network}-api`, `${network}-website`];
const ROOT = { authorization: `Basic ${btoa('root:root')}` };

beforeAll(() => docker(['network', 'create', '--ipv6', '--subnet', 'fd5e:e2e::/64', network]));
afterEach(() => docker(['rm', '--force', '--volumes', api, website]));
afterAll(() => docker(['network', 'rm', network]));

/** Starts both services, each healthy by its image's own check. */
async function start(...options: string[]): Promise<void> {
  const run = ['run', '--detach', '--network', network, ...options];
  await docker([...run, '--name', api, `${PREFIX}/api:e2e`]);
  await docker([
    ...run,
    '--name',
    website,
    '--env',
    `API_URL=http://${api}:5000`,
    `${PREFIX}/website:e2e`,
  ]);
  const ages = JSON.stringify({ Ahmed: 20 });
  const copy = `require('node:fs').writeFileSync('/data/student_age.json', '${ages}')`;
  await docker(['exec', '--user', '0', api, 'node', '--eval', copy]);
  await eventually(20_000, async () => {
    for (const name of [api, website]) {
      expect(await inspect(name, '{{.State.Health.Status}}')).toBe('healthy');
    }
  });
}

/** What a service responds with at an address, asked from the website's container. */
async function ask(url: string): Promise<string> {
  const script = `fetch('${url}', { headers: ${JSON.stringify(ROOT)} })
    .then((res) => res.text()).then(console.log, (error) => console.log(error.cause.code))`;
  return exec(website, 'node', '--eval', script);
}

const addressOf = (name: string, key: 'IPAddress' | 'GlobalIPv6Address') =>
  inspect(name, `{{range .NetworkSettings.Networks}}{{.${key}}}{{end}}`);

async function expectServed(host: (name: string) => Promise<string>): Promise<void> {
  await eventually(5_000, async () => {
    const list = await ask(`http://${await host(api)}:5000/supmit/api/v1.0/get_student_ages`);
    expect(list).toContain('"Ahmed": 20');
    expect(await ask(`http://${await host(website)}:3000/students`)).toContain('20 years old');
  });
}

describe('in a network with IPv6', () => {
  test('both families are served, and an IPv4 client has its plain address in the log', async () => {
    await start();
    await expectServed((name) => addressOf(name, 'IPAddress'));
    await expectServed(async (name) => `[${await addressOf(name, 'GlobalIPv6Address')}]`);
    await ask(`http://${await addressOf(api, 'IPAddress')}:5000/nowhere`);
    const { stdout } = await docker(['logs', api]);
    expect(stdout).toContain(`"client":"${await addressOf(website, 'IPAddress')}"`);
    expect(stdout).toContain('listening on http://localhost:5000"');
  });
});

describe('in a container whose kernel has no IPv6', () => {
  test('IPv4 is served', async () => {
    await start('--sysctl', 'net.ipv6.conf.all.disable_ipv6=1');
    await expectServed((name) => addressOf(name, 'IPAddress'));
    expect(await ask('http://[::1]:3000/')).toMatch(/EADDRNOTAVAIL|ENETUNREACH|EHOSTUNREACH/);
  });
});
