import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { launchChromium } from './browser';
import { docker, exec, inspect, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { createRegistry, type Registry, removeImages, storedBytes, whyNoUi } from './registry';
import { basicAuth } from './stack';

const LIST = `{
  "student_ages": {
    "Ahmed": "20",
    "Amine": "20",
    "Hiba": "21",
    "Meryem": "23",
    "Omar": "20",
    "Sara": "23"
  }
}
`;
const API = { port: 5000, path: '/supmit/api/v1.0/get_student_ages', answer: LIST };
const WEBSITE = { port: 3000, path: '/', answer: expect.stringContaining('Student Checking App') };
/** The images that the tests push, and what they answer when they run. `big` is made below. */
const IMAGES = { api: API, website: WEBSITE, big: API };
type Image = keyof typeof IMAGES;

const BIG_BYTES = 128 * 1024 * 1024;

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry('registry');
  await start();
  for (const image of ['api', 'website'] as const) {
    await docker(['tag', `${PREFIX}/${image}:e2e`, `${name(image)}:1.0`]);
    await push(image);
  }
});
afterAll(() => registry.down());

const start = () => registry.compose('up', '--detach', '--wait', 'registry');

const repository = (image: Image) => `${PREFIX}-${image}`;

/** An image's name for Docker, without tag or digest. */
const name = (image: Image) => `${registry.host}/${repository(image)}`;

/** The digests that Docker printed when it pushed the images. */
const digests = new Map<Image, string>();

async function push(image: Image): Promise<void> {
  const { stdout } = await docker(['push', `${name(image)}:1.0`]);
  const [, digest] = /digest: (sha256:[0-9a-f]{64})/.exec(stdout) ?? [];
  if (!digest) throw new Error(`no digest in: ${stdout}`);
  digests.set(image, digest);
}

function digestOf(image: Image): string {
  const digest = digests.get(image);
  if (!digest) throw new Error(`${image} was not pushed`);
  return digest;
}

const MANIFEST_TYPES = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

/** Asks the registry, as a page of another origin would. */
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`http://${registry.host}/v2/${path}`, {
    signal: AbortSignal.timeout(30_000),
    ...init,
    headers: {
      Accept: MANIFEST_TYPES.join(', '),
      Origin: 'http://elsewhere.example',
      ...init.headers,
    },
  });

const askForManifest = (image: Image, reference: string, init?: RequestInit) =>
  ask(`${repository(image)}/manifests/${reference}`, init);

/** Downloads bytes by their digest and checks that it is theirs. */
async function download(path: string): Promise<Buffer> {
  const answer = await ask(path);
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(path).toContain(`/sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  return bytes;
}

/** What an image consists of: the size of each part by its digest, and which are manifests. */
interface Parts {
  sizes: Map<string, number>;
  manifests: string[];
}

/** Downloads all of an image through the HTTP API: Docker skips the layers that it has. */
async function downloadImage(image: Image, digest = digestOf(image)): Promise<Parts> {
  const bytes = await download(`${repository(image)}/manifests/${digest}`);
  const parts: Parts = { sizes: new Map([[digest, bytes.length]]), manifests: [digest] };
  const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString());
  for (const blob of config ? [config, ...layers] : []) {
    const { length } = await download(`${repository(image)}/blobs/${blob.digest}`);
    parts.sizes.set(blob.digest, length);
  }
  for (const child of manifests) {
    const { sizes, manifests } = await downloadImage(image, child.digest);
    parts.manifests.push(...manifests);
    for (const [digest, size] of sizes) parts.sizes.set(digest, size);
  }
  return parts;
}

/** Checks that an image comes back whole, under its digest, and runs. */
async function expectIntact(image: Image): Promise<void> {
  await downloadImage(image);

  const pinned = `${name(image)}@${digestOf(image)}`;
  await removeImages(name(image));
  await expect(inspect(pinned, '{{.Id}}')).rejects.toThrow(/no such/i);
  await docker(['pull', pinned]);
  expect(await inspect(pinned, '{{.RepoDigests}}')).toContain(pinned);

  const { port, path, answer } = IMAGES[image];
  expect(await run(pinned, port, path)).toEqual(answer);
}

/** Runs an image with the list, and returns what it answers. */
async function run(image: string, port: number, path: string): Promise<string> {
  const container = `${PREFIX}-pulled`;
  const options = ['--publish', `127.0.0.1::${port}`].concat(
    '--volume',
    `${join(ROOT, 'simple_api/data')}:/data:ro`,
  );
  try {
    await docker(['run', '--detach', '--name', container, ...options, image]);
    const { stdout } = await docker(['port', container, String(port)]);
    const headers = { Authorization: basicAuth({ username: 'root', password: 'root' }) };
    return await eventually(10_000, async () => {
      const answer = await fetch(`http://${stdout.trim()}${path}`, { headers });
      expect(answer.status).toBe(200);
      return answer.text();
    });
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
}

/** How many bytes of images the registry's volume holds. */
const imageBytes = () => storedBytes(registry.container, 'blobs');

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, next) => total + next, 0);

describe('images that are pushed', () => {
  test('are in the catalog', async () => {
    const catalog = await (await ask('_catalog')).json();
    expect(catalog).toEqual({ repositories: [repository('api'), repository('website')] });
  });

  test.each(['api', 'website'] as const)('%s has its tag', async (image) => {
    const tags = await (await ask(`${repository(image)}/tags/list`)).json();
    expect(tags).toEqual({ name: repository(image), tags: ['1.0'] });
  });

  test.each(['api', 'website'] as const)('%s has its manifest under its tag', async (image) => {
    const answer = await askForManifest(image, '1.0');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('docker-content-digest')).toBe(digestOf(image));
    expect(MANIFEST_TYPES).toContain(answer.headers.get('content-type'));
  });

  test('come back by digest when the local ones are removed; the API answers the same', async () => {
    await expectIntact('api');
  });

  test('come back by digest when the local ones are removed; the website shows its page', async () => {
    await expectIntact('website');
  });

  test('are still there after down and up', async () => {
    await registry.compose('down');
    await start();
    await expectIntact('api');
    await expectIntact('website');
  });
});

describe('no answer lets a page of another origin in', () => {
  test.each([
    ['GET', '', 200],
    ['GET', '_catalog', 200],
    ['GET', `${PREFIX}-api/tags/list`, 200],
    ['GET', `${PREFIX}-api/manifests/1.0`, 200],
    ['OPTIONS', `${PREFIX}-api/manifests/1.0`, 200],
    ['DELETE', `${PREFIX}-api/manifests/sha256:${'0'.repeat(64)}`, 404],
  ])('%s /v2/%s', async (method, path, status) => {
    const headers = { 'Access-Control-Request-Method': 'DELETE' };
    const answer = await ask(path, { method, headers });
    expect(answer.status).toBe(status);
    expect([...answer.headers.keys()].filter((key) => key.startsWith('access-control'))).toEqual(
      [],
    );
  });
});

const uiMissing = whyNoUi();
if (uiMissing) console.log(`Skipped, the registry's UI in the browser: ${uiMissing}`);
(uiMissing ? test.skip : test)('the UI lists both images in the browser', async () => {
  await registry.compose('up', '--detach', '--wait', 'registry-ui');
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(registry.ui);
    await eventually(10_000, async () => {
      const text = await page.locator('body').innerText();
      expect(text).toContain(repository('api'));
      expect(text).toContain(repository('website'));
    });
  } finally {
    await browser.close();
  }
});

describe('one image deleted, garbage collected, the registry restarted', () => {
  let websiteAlone: number;
  let bytesBefore: number;
  beforeAll(async () => {
    const website = await downloadImage('website');
    const api = await downloadImage('api');
    websiteAlone = sum(
      [...website.sizes].map(([digest, size]) => (api.sizes.has(digest) ? 0 : size)),
    );
    bytesBefore = await imageBytes();

    for (const digest of website.manifests) {
      expect((await askForManifest('website', digest, { method: 'DELETE' })).status).toBe(202);
    }
    // Without --delete-untagged, which would also delete what the index of a tagged image names.
    const config = '/etc/docker/registry/config.yml';
    await exec(registry.container, 'registry', 'garbage-collect', config);
    await registry.compose('restart', 'registry');
    await start();
  });

  test('the deleted one is gone', async () => {
    expect((await askForManifest('website', '1.0')).status).toBe(404);
    expect((await askForManifest('website', digestOf('website'))).status).toBe(404);
  });

  test('the space that it alone took is freed', async () => {
    expect(bytesBefore - (await imageBytes())).toBe(websiteAlone);
  });

  test('the other one pulls intact', async () => {
    await expectIntact('api');
  });

  test('the deleted one can be pushed and pulled again', async () => {
    await docker(['tag', `${PREFIX}/website:e2e`, `${name('website')}:1.0`]);
    await push('website');
    await expectIntact('website');
  });
});

describe('the registry killed in the middle of a push, and started', () => {
  beforeAll(async () => {
    await makeBigImage();
    const pushing = spawn('docker', ['push', `${name('big')}:1.0`], { stdio: 'ignore' });
    try {
      await eventually(20_000, async () => expect(await uploadedBytes()).toBeGreaterThan(0));
      await docker(['kill', '--signal', 'KILL', registry.container]);
    } finally {
      pushing.kill(); // else Docker tries again by itself
    }
    expect(await inspect(registry.container, '{{.State.ExitCode}}')).toBe('137');
    await start();
  });

  test('a part of the image has arrived, and is not taken for the image', async () => {
    const bytes = await uploadedBytes();
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(BIG_BYTES);
    expect((await askForManifest('big', '1.0')).status).toBe(404);
  });

  test('the image can be pushed again, and pulls intact', async () => {
    await push('big');
    await expectIntact('big');
  });

  test.each(['api', 'website'] as const)('%s pulls intact', async (image) => {
    await expectIntact(image);
  });
});

/** How much of layers has arrived that are not there as a whole yet. */
const uploadedBytes = () => storedBytes(registry.container, 'repositories');

/** Makes the API's image with a layer that takes seconds to push, and that no other image has. */
async function makeBigImage(): Promise<void> {
  const container = `${PREFIX}-big`;
  const write = `head -c ${BIG_BYTES} /dev/urandom > /tmp/big`;
  try {
    await docker(['run', '--name', container, `${PREFIX}/api:e2e`, 'sh', '-c', write]);
    const command = 'CMD ["node", "dist/server.js"]';
    await docker(['commit', '--change', command, container, `${name('big')}:1.0`]);
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
}
