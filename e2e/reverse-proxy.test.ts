import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { button, follow, launchChromium, link, watchPages } from './browser';
import { docker, inspect, PREFIX, ROOT } from './docker';
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
const NGINX = documented(SECTION, NAME, 'nginx');
const PROXIES = [
  ['nginx', '/etc/nginx/conf.d/student-list.conf', NGINX, `${CERTIFICATE} && nginx`],
  ['caddy', '/etc/caddy/Caddyfile', CADDYFILE, 'caddy start --config /etc/caddy/Caddyfile'],
] as const;
const ADDRESS = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';

let stack: Stack;
beforeAll(async () => {
  await docker(['build', '--quiet', '--tag', IMAGE, join(ROOT, 'e2e/reverse-proxies')]);
  stack = await startStack('proxied', { BASE_PATH });
}, 600_000);
afterAll(() => stack?.down());

const open = watchPages();

test.each(PROXIES)('behind %s, as documented in %s, all is found, over TLS', async (...of) => {
  const [proxy, file, configuration, start] = of;
  const container = `${PREFIX}-${proxy}`;
  const website = stack.container('website');
  const rules = `--host-resolver-rules=MAP ${NAME} ${await inspect(website, ADDRESS)}`;
  const browser = await launchChromium(rules);
  try {
    // There, the website is on 127.0.0.1:3000 as in the document, and 80 and 443 are free.
    const run = ['run', '--detach', '--name', container, '--network', `container:${website}`];
    await docker([...run, '--init', IMAGE]);
    const sh = (command: string) => ['exec', '-i', container, 'sh', '-c', command];
    await docker(sh(`cat >${file} && ${start} >/dev/null 2>&1`), {}, configuration);
    const curl = (path: string) =>
      docker(sh(`curl -fsSk --resolve '*:443:127.0.0.1' https://${NAME}${BASE_PATH}${path}`));
    await eventually(() => curl('/health/ready'));
    // No kept connection is used in the moment in which the website closes it.
    const posts = await curl("/?n=[1-240] -X POST -o /dev/null -w '%{http_code} '");
    expect(posts.stdout).toBe('200 '.repeat(240));

    const origin = `https://${NAME}`;
    const page = await open(browser, origin, { ignoreHTTPSErrors: true });
    const at = async (expected: string) => expect(page.url()).toBe(origin + BASE_PATH + expected);
    await page.goto(`http://${NAME}${BASE_PATH}`);
    await at('/');
    await follow(page, button(page, 'List Student').click());
    await page.getByLabel('Filter by name').fill('me');
    await follow(page, button(page, 'Filter').click());
    await follow(page, link(page, 'Age').click());
    await at('/students?name=me&sort=age');
    expect(await page.locator('tbody tr').count()).toBe(2);
    await page.goto(`${BASE_PATH}/index.php`);
    await at('/students');
    await page.goto(`${BASE_PATH}/no/such/page`);
    await follow(page, link(page, 'Back to the start').click());
    await at('/');
  } finally {
    await browser.close();
    await docker(['rm', '--force', container]);
  }
});
