import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { docker, exec, PREFIX, ROOT } from './docker';
import { documented } from './documented';
import { eventually } from './eventually';
import { BUILT, createStack, type Stack } from './stack';

const SECTION = 'Behind a reverse proxy';
const NAME = 'students.example.org';
const IMAGE = `${PREFIX}/reverse-proxies:e2e`;

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
    authority: `/etc/ssl/certs/${NAME}.pem`,
  },
  {
    proxy: 'caddy',
    file: '/etc/caddy/Caddyfile',
    configuration: CADDYFILE,
    start: 'caddy start --config /etc/caddy/Caddyfile',
    authority: '/root/.local/share/caddy/pki/authorities/local/root.crt',
  },
];

let stack: Stack;
beforeAll(async () => {
  await docker(['build', '--quiet', '--tag', IMAGE, join(ROOT, 'e2e/reverse-proxies')]);
  stack = await createStack('proxied', { ...BUILT, BASE_PATH: '/students-app' });
  await stack.compose('up', '--detach', '--wait');
}, 300_000);
afterAll(() => stack?.down());

test.each(PROXIES)(
  '$proxy, configured as documented, serves the page over TLS',
  async ({ proxy, file, configuration, start, authority }) => {
    const container = `${PREFIX}-${proxy}`;
    // There, the website is on 127.0.0.1:3000 as in the document, and 80 and 443 are free.
    const network = `container:${stack.container('website')}`;
    await docker(['run', '--detach', '--name', container, '--network', network, '--init', IMAGE]);
    const get = (path: string, ...options: string[]) => {
      const trusted = ['--cacert', authority, '--resolve', `*:443:127.0.0.1`];
      return exec(container, 'curl', '-fsS', ...trusted, ...options, `https://${NAME}${path}`);
    };
    try {
      await docker(['exec', '-i', container, 'sh', '-c', `cat >${file}`], {}, configuration);
      await exec(container, 'sh', '-c', `${start} >/dev/null 2>&1`);
      await eventually(20_000, () => get('/students-app/health/ready'));
      const page = await get('/students-app', '--location');
      expect(page).toContain('action="/students-app/students"');
      expect(await get('/students-app/students?name=a')).toContain('<bdi>Sara</bdi>');

      const status = ['--request', 'POST', '--output', '/dev/null', '--write-out', '%{http_code} '];
      const answers = await get('/students-app/?n=[1-240]', ...status);
      expect(answers).toBe('200 '.repeat(240));
      const plain = ['--resolve', '*:80:127.0.0.1', '--write-out', '%{redirect_url}'];
      const redirect = ['-s', '--output', '/dev/null', ...plain, `http://${NAME}/students-app/`];
      expect(await exec(container, 'curl', ...redirect)).toBe(`https://${NAME}/students-app/`);
    } finally {
      await docker(['rm', '--force', container]);
    }
  },
);
