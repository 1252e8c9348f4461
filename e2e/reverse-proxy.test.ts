import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { button, follow, launchChromium, link, watchPages } from './browser';
import { docker, exec, inspect, PREFIX, ROOT } from './docker';
import { documented } from './documented';
import { eventually } from './eventually';
import { type Stack, startStack } from './stack';

const SECTION = 'Behind a reverse proxy';
const NAME = 'students.example.org';
const IMAGE = `${PREFIX}/reverse-proxies:e2e`;
const BASE_PATH = '/students-app';

// As the document has it; only where the certificate comes from differs.
const CADDYFILE = documented(SECTION, NAME, 'caddy').replace('{', '{\n  tls internal');
const CERTIFICATE = `openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=${NAME}
  -addext subjectAltName=DNS:${NAME} -keyout /etc/ssl/private/${NAME}.key
  -out /etc/ssl/certs/${NAME}.pem`.replaceAll('\n', ' ');
const PROXIES = [
  {
    proxy: 'nginx',
    file: '/etc/nginx/conf.d/student-list.conf',
    configuration: documented(SECTION, NAME, 'nginx'),
    start: `${CERTIFICATE} && nginx`,
  },
  {
    proxy: 'caddy',
    file: '/etc/caddy/Caddyfile',
    configuration: CADDYFILE,
    start: 'caddy start --config /etc/caddy/Caddyfile',
  },
];

let stack: Stack;
beforeAll(async () => {
  await docker(['build', '--quiet', '--tag', IMAGE, join(ROOT, 'e2e/reverse-proxies')]);
  stack = await startStack('proxied', { BASE_PATH });
}, 600_000);
afterAll(() => stack?.down());

const open = watchPages();

test.each(PROXIES)(
  'behind $proxy, configured as documented, a visitor finds everything, over TLS',
  async ({ proxy, file, configuration, start }) => {
    const container = `${PREFIX}-${proxy}`;
    const website = stack.container('website');
    const address = await inspect(
      website,
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    );
    const browser = await launchChromium(`--host-resolver-rules=MAP ${NAME} ${address}`);
    try {
      // There, the website is on 127.0.0.1:3000 as in the document, and 80 and 443 are free.
      const run = ['run', '--detach', '--name', container, '--network', `container:${website}`];
      await docker([...run, '--init', IMAGE]);
      await docker(['exec', '-i', container, 'sh', '-c', `cat >${file}`], {}, configuration);
      await exec(container, 'sh', '-c', `${start} >/dev/null 2>&1`);
      const get = (path: string, ...options: string[]) => {
        const curl = [
          'curl',
          '-fsSk',
          '--resolve',
          '*:80:127.0.0.1',
          '--resolve',
          '*:443:127.0.0.1',
        ];
        return exec(container, ...curl, ...options, `https://${NAME}${path}`);
      };
      await eventually(() => get(`${BASE_PATH}/health/ready`));
      // No kept connection is used in the moment in which the website closes it.
      const status = ['--request', 'POST', '--output', '/dev/null', '--write-out', '%{http_code} '];
      expect(await get(`${BASE_PATH}/?n=[1-240]`, ...status)).toBe('200 '.repeat(240));

      const origin = `https://${NAME}`;
      const page = await open(browser, origin, { ignoreHTTPSErrors: true });
      const at = async (expected: string) => expect(page.url()).toBe(origin + BASE_PATH + expected);
      await page.goto(`http://${NAME}${BASE_PATH}`);
      await at('/');
      await follow(page, button(page, 'List Student').click());
      await at('/students?');
      await page.getByLabel('Filter by name').fill('me');
      await follow(page, button(page, 'Filter').click());
      await follow(page, link(page, 'Age').click());
      await at('/students?name=me&sort=age');
      expect(await page.locator('tbody tr').count()).toBe(2);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        link(page, 'Download as CSV').click(),
      ]);
      expect(download.url()).toBe(`${origin}${BASE_PATH}/students.csv?name=me&sort=age`);
      await page.goto(`${BASE_PATH}/index.php`);
      await at('/students');
      await page.goto(`${BASE_PATH}/no/such/page`);
      await follow(page, link(page, 'Back to the start').click());
      await at('/');
    } finally {
      await browser.close();
      await docker(['rm', '--force', container]);
    }
  },
);
