import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchChromium } from './browser';
import { docker, inspect, PREFIX } from './docker';
import { eventually } from './eventually';
import { createRegistry, type Registry } from './registry';
import { whyNoUi } from './registry-ui';
import { createStack, type Stack } from './stack';

const IMAGES = ['api', 'website'] as const;
const TAG = '2.0';
const COMMIT = '0123456789abcdef0123456789abcdef01234567'; // as `git rev-parse HEAD` prints one
const START = 'docker compose -f docker-compose-registry.yml up -d --wait registry';

let registry: Registry;
let stack: Stack;
const name = (image: string) => `${registry.prefix}${image}:${TAG}`;
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`http://localhost:${registry.port}/v2/${path}`, init);

beforeAll(async () => {
  registry = await createRegistry('registry');
  await registry.sh(START);
  const images = { IMAGE_PREFIX: registry.prefix, TAG, GIT_COMMIT: COMMIT, PULL_POLICY: 'always' };
  stack = await createStack('published', images);
  await stack.compose('build', '--quiet');
  await stack.compose('push', '--quiet');
}, 300_000);
afterAll(async () => {
  await stack?.down();
  await registry?.down();
});

test.each(IMAGES)(
  '%s is built with the commit as its label, and pushed; it outlives down and up',
  async (image) => {
    const label = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
    expect(await inspect(name(image), label)).toBe(COMMIT);
    await registry.sh('docker compose -f docker-compose-registry.yml down');
    await registry.sh(START);
    const tags = await (await ask(`${PREFIX}/${image}/tags/list`)).json();
    expect(tags).toEqual({ name: `${PREFIX}/${image}`, tags: [TAG] });
  },
);

test('what was pushed is what PULL_POLICY=always runs on a machine without the images', async () => {
  for (const image of IMAGES) await docker(['rmi', name(image)]);
  await stack.compose('up', '--detach', '--wait', '--no-build');
  expect(await inspect(stack.container('website'), '{{.Config.Image}}')).toBe(name('website'));
  expect(await (await fetch(`${stack.website}/students`)).text()).toContain('6 students');
});

test.each([
  ['GET', '_catalog', 200],
  ['OPTIONS', `${PREFIX}/api/manifests/${TAG}`, 200],
  ['DELETE', `${PREFIX}/api/manifests/sha256:${'0'.repeat(64)}`, 404],
])('no response lets a page of another origin in: %s /v2/%s', async (method, path, status) => {
  const headers = { Origin: 'http://a.example', 'Access-Control-Request-Method': 'DELETE' };
  const res = await ask(path, { method, headers });
  expect(res.status).toBe(status);
  expect([...res.headers.keys()].join()).not.toContain('access-control');
});

const noUi = whyNoUi();
if (noUi) console.log(`Skipped, the registry's UI, whose image is not here: ${noUi}`);
(noUi ? test.skip : test)(
  'the UI lists both images, says how to pull one, and deletes it',
  async () => {
    await registry.sh(START.replace(' registry', ''));
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(registry.ui);
      for (const image of IMAGES) await page.getByText(`${PREFIX}/${image}`).first().waitFor();
      // From here on as in the sources of the UI; where its image is not, this has not been run.
      await page.goto(`${registry.ui}/#!/taglist/${PREFIX}/api`);
      const row = page.locator('tag-table tbody tr', { hasText: TAG });
      const pullLines = row.locator('copy-to-clipboard input'); // with the digest, with the tag
      await eventually(10_000, async () =>
        expect(await pullLines.first().inputValue()).toContain('@sha256:'),
      );
      expect(await pullLines.last().inputValue()).toBe(`docker pull ${name('api')}`);
      await row.getByTitle('This will delete the image.').first().click();
      const confirm = page.locator('confirm-delete-image .dialog-button', { hasText: 'Delete' });
      await confirm.first().click();
      await eventually(10_000, async () =>
        expect((await ask(`${PREFIX}/api/manifests/${TAG}`)).status).toBe(404),
      );
      expect((await ask(`${PREFIX}/website/manifests/${TAG}`)).status).toBe(200);
    } finally {
      await browser.close();
    }
  },
);
