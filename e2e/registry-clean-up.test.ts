import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exec, PREFIX } from './docker';
import { documented } from './documented';
import { createRegistry, type Registry } from './registry';
import { withoutUi } from './registry-ui';

// The registry of one machine. That with TLS and accounts is cleaned up in secure-registry.test.ts.
const CLEAN_UP = 'Clean up the registry';
const BACK_UP = 'Back up and restore the registry';
const THIS_MACHINE = documented(CLEAN_UP, 'export COMPOSE_FILE');
const IMAGE = `${PREFIX}/platforms`;
const OCI = 'application/vnd.oci.image';

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry('clean-up');
  await registry.sh('docker compose -f docker-compose-registry.yml up -d --wait registry');
});
afterAll(() => registry.down());

const digestOf = (content: string) =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

async function put(url: string, type: string, body: string): Promise<void> {
  const res = await fetch(url, { method: 'PUT', headers: { 'Content-Type': type }, body });
  expect(res.status).toBe(201);
}

/** Uploads a blob and returns what a manifest says of it. */
async function uploadBlob(mediaType: string, content: string) {
  const digest = digestOf(content);
  const start = `http://localhost:${registry.port}/v2/${IMAGE}/blobs/uploads/`;
  const { headers } = await fetch(start, { method: 'POST' });
  await put(`${headers.get('Location')}&digest=${digest}`, 'application/octet-stream', content);
  return { mediaType, digest, size: content.length };
}

/** Uploads a manifest, by its digest if it is to have no tag, and returns what an index says of it. */
async function uploadManifest(mediaType: string, parts: object, tag?: string) {
  const content = JSON.stringify({ schemaVersion: 2, mediaType, ...parts });
  const digest = digestOf(content);
  const url = `http://localhost:${registry.port}/v2/${IMAGE}/manifests/${tag ?? digest}`;
  await put(url, mediaType, content);
  return { mediaType, digest, size: content.length };
}

/** Uploads an image for one platform, of three blobs that no other has. */
async function uploadImage(tag?: string) {
  const content = randomBytes(50_000).toString('hex');
  const config = await uploadBlob(`${OCI}.config.v1+json`, JSON.stringify({ made: content }));
  const layers = [await uploadBlob(`${OCI}.layer.v1.tar`, content)];
  return uploadManifest(`${OCI}.manifest.v1+json`, { config, layers }, tag);
}

/** Uploads an image for several platforms. */
const uploadIndex = (tag: string, ...manifests: object[]) =>
  uploadManifest(`${OCI}.index.v1+json`, { manifests }, tag);

async function countBlobs(): Promise<number> {
  const blobs = 'ls -d /var/lib/registry/docker/registry/v2/blobs/sha256/*/* | wc -l';
  return Number(await exec(registry.container, 'sh', '-c', blobs));
}

async function statusOf(reference: string): Promise<number> {
  const headers = { Accept: `${OCI}.index.v1+json, ${OCI}.manifest.v1+json` };
  const url = `http://localhost:${registry.port}/v2/${IMAGE}/manifests/${reference}`;
  return (await fetch(url, { headers })).status;
}

/** Types what docs/deploy.md says. */
const cleanUp = (tag: string) =>
  registry.sh(`${THIS_MACHINE}
    ${documented(CLEAN_UP, 'IMAGE=').replace(/.*/, `IMAGE=${IMAGE} TAG=${tag}`)}
    ${documented(CLEAN_UP, 'jq')}
    ${documented(CLEAN_UP, 'DELETE')}
    ${documented(CLEAN_UP, 'garbage-collect')}`);

test('of an image for several platforms, all is freed that no other tag has, and nothing else', async () => {
  const shared = await uploadImage();
  const tagged = await uploadImage('1.0-amd64');
  await uploadIndex('0.9', shared, await uploadImage());
  const before = await countBlobs();
  const parts = [await uploadImage(), await uploadImage(), await uploadImage()];
  await uploadIndex('1.0', ...parts, shared, tagged);
  await uploadIndex('latest', ...parts, shared, tagged); // the same digest
  expect(await countBlobs()).toBe(before + 10);

  await cleanUp('1.0');
  expect(await countBlobs()).toBe(before);
  for (const gone of ['1.0', 'latest', ...parts.map(({ digest }) => digest)]) {
    expect([gone, await statusOf(gone)]).toEqual([gone, 404]);
  }
  for (const kept of ['0.9', shared.digest, '1.0-amd64']) {
    expect([kept, await statusOf(kept)]).toEqual([kept, 200]);
  }
});

test('an image for one platform is freed, and one that is the only one', async () => {
  const before = await countBlobs();
  await uploadImage('2.0');
  await cleanUp('2.0');
  expect(await countBlobs()).toBe(before);
  await cleanUp('1.0-amd64');
  await cleanUp('0.9');
  expect(await countBlobs()).toBe(0);
});

test('a tag that is not there deletes nothing', async () => {
  await uploadImage('3.0');
  await expect(cleanUp('no-such-tag')).rejects.toThrow('no-such-tag');
  expect(await statusOf('3.0')).toBe(200);
});

test('a backup is restored into an empty volume', async () => {
  await registry.sh(THIS_MACHINE + documented(BACK_UP, '-cf'));
  await registry.sh(`${THIS_MACHINE} docker compose down --volumes`);
  await registry.sh(THIS_MACHINE + withoutUi(documented(BACK_UP, '-xf')));
  expect(await statusOf('3.0')).toBe(200);
});
