import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { docker, exec, inspect, type Output, PREFIX } from './docker';
import { createRegistry, type Registry } from './registry';

// With TLS, accounts, and images that Docker made: secure-registry.test.ts.

/** Has the paths of version 3, which cannot be had everywhere, and BusyBox, as the official images. */
const AS_VERSION_3 = `FROM registry:2
RUN busybox --install -s /usr/local/bin && \\
    mkdir /etc/distribution && mv /etc/docker/registry/config.yml /etc/distribution/
CMD ["serve", "/etc/distribution/config.yml"]`;

const OCI = 'application/vnd.oci.image';
const TYPES = { manifest: `${OCI}.manifest.v1+json`, index: `${OCI}.index.v1+json` };
const FILES = '/var/lib/registry/docker/registry/v2';

let registry: Registry;

const digestOf = (data: string) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
const ask = (path: string, init?: RequestInit) =>
  fetch(`http://localhost:${registry.port}/v2/${path}`, init);

async function pushBlob(image: string, data: string) {
  const upload = await ask(`${image}/blobs/uploads/`, { method: 'POST' });
  const [digest, location] = [digestOf(data), new URL(upload.headers.get('location') ?? '')];
  location.searchParams.set('digest', digest);
  const headers = { 'Content-Type': 'application/octet-stream' };
  expect((await fetch(location, { method: 'PUT', body: data, headers })).status).toBe(201);
  return { mediaType: `${OCI}.any`, digest, size: data.length };
}

/** Pushes a manifest, without a tag by its digest, which it returns. */
async function pushManifest(name: string, kind: keyof typeof TYPES, manifest: object) {
  const [image = '', tag] = name.split(':');
  const mediaType = TYPES[kind];
  const body = JSON.stringify({ schemaVersion: 2, mediaType, ...manifest }, null, 2);
  const path = `${image}/manifests/${tag ?? digestOf(body)}`;
  const res = await ask(path, { method: 'PUT', body, headers: { 'Content-Type': mediaType } });
  expect(res.status).toBe(201);
  return digestOf(body);
}

/** Pushes an image with a layer of its own and one that all have. */
async function push(name: string, created?: string, content = name): Promise<string> {
  const [image = ''] = name.split(':');
  const history = [{ created: '2035-01-01T00:00:00Z', created_by: 'RUN [ "}" = \'{\\"\' ]' }]; // not its own time
  const config = { config: { Labels: { created: '2036-01-01' } }, history, os: 'linux', created };
  const layers = [`${content} ${created}`, 'shared'].map((text) => text.repeat(5_000));
  return pushManifest(name, 'manifest', {
    config: await pushBlob(image, JSON.stringify(config)),
    layers: await Promise.all(layers.map((layer) => pushBlob(image, layer))),
  });
}

/** Pushes an image for several platforms. */
const pushIndex = (name: string, parts: string[]) =>
  pushManifest(name, 'index', {
    manifests: parts.map((digest) => ({ mediaType: TYPES.manifest, digest, size: 1 })),
  });

/** Whether an image can be pulled: with all its parts, and each byte of them. */
async function isThere(name: string): Promise<boolean> {
  const [, image = '', reference = ''] = /^(.*?)[:@](.*)$/.exec(name) ?? [];
  const Accept = Object.values(TYPES).join(', ');
  const res = await ask(`${image}/manifests/${reference}`, { headers: { Accept } });
  if (res.status === 404) return false;
  const text = await res.text();
  expect(res.headers.get('docker-content-digest')).toBe(digestOf(text));
  const { manifests = [], config, layers = [] } = JSON.parse(text);
  for (const { digest } of manifests) expect(await isThere(`${image}@${digest}`)).toBe(true);
  for (const { digest } of config ? [config, ...layers] : []) {
    expect(digestOf(await (await ask(`${image}/blobs/${digest}`)).text())).toBe(digest);
  }
  return true;
}

async function thereOf(names: string[]): Promise<string[]> {
  const there: string[] = [];
  for (const name of names) if (await isThere(name)) there.push(name);
  return there;
}

/** Runs the script; `before` are commands of the same shell. */
const cleanUp = (args: string, before = '') =>
  registry.sh(`${before}\nexec scripts/registry-clean-up ${args}`);
const printed = (output: string, verb: string) =>
  [...output.matchAll(new RegExp(`^${verb} (\\S+)`, 'gm'))].map(([, name]) => name).sort();
const inside = (command: string) =>
  exec(registry.container, 'sh', '-c', `cd ${FILES} && ${command}`);
const state = () => inside('find . -type f -exec sha256sum {} + | sort');
const bytes = async () => Number(await inside('cat blobs/*/*/*/data | wc -c'));
const up = () => registry.sh('docker compose -f docker-compose-registry.yml up -d --wait registry');

async function start(image: string) {
  registry = await createRegistry('clean-up', image);
  await up();
}
async function empty() {
  await exec(registry.container, 'rm', '-rf', '/var/lib/registry/docker');
  await docker(['restart', registry.container]); // it remembers
  await up();
}

describe.each(['registry:2', `${PREFIX}/registry:3`])('%s', (image) => {
  beforeAll(async () => {
    await docker(['build', '--quiet', '--tag', `${PREFIX}/registry:3`, '-'], {}, AS_VERSION_3);
    await start(image);
  });
  beforeEach(empty);
  afterAll(() => registry.down());

  test('deletes what no kept tag needs, having said so, and gives the space back', async () => {
    const untagged = await push('my.app:1', '2025-12-31T00:00:00Z');
    const first = await push('my.app:1', '2026-01-01T00:00:00Z');
    const second = await push('my.app:2', '2026-02-01T00:00:00Z');
    const shared = await push('my.app', '2026-02-02T00:00:00Z');
    const parts = [shared, await push('my.app', '2026-05-01T00:00:00Z'), await push('my.app')];
    const multi = await pushIndex('my.app:multi', parts);
    const part = await push('my.app', '2026-03-01T00:00:00Z');
    const oldMulti = await pushIndex('my.app:old-multi', [part, shared]);
    await push('my.app:4', '2026-04-01T00:00:00.5Z', '4');
    const again = await push('my.app:4-again', '2026-04-01T00:00:00.5Z', '4');
    // Signatures, as cosign 2 stores them, and what names what it is about, as cosign 3.
    const none = await pushBlob('my.app', '{}');
    const about = { config: none, layers: [none], subject: { ...none, digest: multi } };
    const referrers = `my.app:${multi.replace(':', '-')}`;
    await pushIndex(referrers, [await pushManifest('my.app', 'manifest', about)]);
    const note = await pushManifest('my.app', 'manifest', { ...about, annotations: { a: 'b' } });
    const signature = `my.app:${multi.replace(':', '-')}.sig`;
    const oldSignature = `my.app:${first.replace(':', '-')}.sig`;
    const elsewhere = `signatures:${digestOf('elsewhere').replace(':', '-')}.sig`;
    for (const name of [signature, elsewhere]) await push(name, '0001-01-01T00:00:00Z');
    const signs = await push(oldSignature, '0001-01-01T00:00:00Z');
    // Names that the registry's own files have as well.
    const odd = ['a/tags:_layers', 'a/tags:index', 'a/tags/current:link', 'a/link:1.0'];
    for (const name of odd) await push(name, '1970-01-01T00:00:00Z');
    const kept = ['my.app:multi', 'my.app:4-again', referrers, signature, elsewhere, ...odd];
    const deleted = ['my.app:1', 'my.app:2', 'my.app:4', 'my.app:old-multi', oldSignature];
    const digests = [untagged, first, second, part, oldMulti, signs].map((d) => `my.app@${d}`);

    const [before, used] = [await state(), await bytes()];
    const id = await inspect(registry.container, '{{.Id}}');
    const plan = (await cleanUp('--keep 2')).stdout;
    expect(printed(plan, 'keep')).toEqual(kept.sort());
    expect(printed(plan, 'delete')).toEqual([...deleted, ...digests].sort());
    expect(await state()).toBe(before);
    expect(await inspect(registry.container, '{{.Id}}')).toBe(id);

    const done = (await cleanUp('--keep 2 --yes')).stdout;
    expect(done).toContain(plan.slice(0, plan.indexOf('Nothing')));
    expect(done).toContain(`\n${used - (await bytes())} bytes came back.\n`);
    const byDigest = [`my.app@${again}`, `my.app@${note}`];
    expect(await thereOf([...kept, ...byDigest])).toEqual([...kept, ...byDigest]);
    expect(await thereOf([...deleted, ...digests])).toEqual([]);
    expect(used - (await bytes())).toBeGreaterThan(5 * 5_000 * 30); // five layers, and more
    expect(await push('my.app:1', '2026-01-01T00:00:00Z')).toBe(first);
    expect(await thereOf(['my.app:1'])).toEqual(['my.app:1']);
    expect((await cleanUp('--yes --keep 9')).stdout).toContain('\n0 bytes came back.\n');
  });

  test('keeps by age, and where both are given, what either keeps', async () => {
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    for (const days of [29, 31, 45]) await push(`new:${days}`, ago(days));
    for (const days of [60, 90]) await push(`old:${days}`, ago(days));
    const kept = async (args: string) => printed((await cleanUp(args)).stdout, 'keep');
    expect(await kept('--days 30')).toEqual(['new:29']);
    expect(await kept('--days 50')).toEqual(['new:29', 'new:31', 'new:45']);
    expect(await kept('--days 50 --keep 1')).toEqual(['new:29', 'new:31', 'new:45', 'old:60']);
    expect(await kept('--keep 2 --days 1')).toEqual(['new:29', 'new:31', 'old:60', 'old:90']);
  });
});

describe('whatever happens', () => {
  const KEEP_ONE = '--keep 1 --yes';
  let index: string;
  beforeAll(async () => {
    await start('');
    // Is called as `docker`, does first what $HOOK says, and counts its calls.
    const hook = 'n=$(($(cat calls) + 1)); echo $n >calls; eval "$HOOK"';
    const script = `#!/bin/sh\n${hook}\nPATH=\${PATH#*bin:} exec docker "$@"\n`;
    await registry.sh('mkdir bin && cat >bin/docker && chmod +x bin/docker', script);
  });
  beforeEach(async () => {
    await empty();
    const part = await push('my', '2026-01-01T00:00:00Z');
    index = await pushIndex('my:kept', [await push('my', '2026-01-03T00:00:00Z'), part]);
    await push('my:old', '2026-01-01T00:00:00Z');
    await pushIndex('my:old-index', [await push('my', '2026-01-02T00:00:00Z'), part]);
  });
  afterAll(() => registry.down());

  const hooked = (hook: string) =>
    cleanUp(KEEP_ONE, `echo 0 >calls; echo $$ >pid; PATH=$PWD/bin:$PATH; export HOOK='${hook}'`);
  const expectWritable = async () => {
    await push('another:1');
    expect(await thereOf(['another:1', 'my:kept'])).toHaveLength(2);
  };
  const id = () => inspect(registry.container, '{{.Id}}');

  test('it says what is wrong, and does nothing', async () => {
    const [stored, container] = [await state(), await id()];
    const refused: [string, string, string?][] = [
      ['usage:', ''],
      ['usage:', '--yes'],
      ['usage:', '--keep'],
      ['usage:', '--keep 0 --yes'],
      ['usage:', '--keep 1.5 --yes'],
      ['usage:', '--days 1d --yes'],
      ['usage:', '--keep 1 --yes --force'],
      ['needs Docker', KEEP_ONE, 'mkdir no; ln -s "$(command -v bash)" no/; PATH=no'],
      ['no registry that was started', KEEP_ONE, 'export STACK_NAME=another'],
      ['not run as files and variables say', KEEP_ONE, 'export REGISTRY_PORT=1'],
    ];
    for (const [message, args, before] of refused) {
      await expect(cleanUp(args, before)).rejects.toThrow(message);
    }
    expect([await state(), await id()]).toEqual([stored, container]);
  });

  test.each(['tag', 'manifest'])('it deletes nothing while a %s cannot be read', async (what) => {
    const blob = `blobs/sha256/${index.slice(7, 9)}/${index.slice(7)}/data`;
    const tag = 'repositories/my/_manifests/tags/kept/current/link';
    const file = what === 'tag' ? tag : blob;
    await inside(`cp ${file} ../copy; : >${file}`);
    const stored = await state();
    await expect(cleanUp(KEEP_ONE)).rejects.toThrow('cannot be read, so nothing is deleted');
    expect(await state()).toBe(stored);
    await inside(`cat ../copy >${file}`);
    await expectWritable();
  });

  test('meanwhile images are pulled, and pushes refused, also those under way', async () => {
    const layer = await pushBlob('my', 'of an image whose manifest is still to come');
    const upload = await ask('my/blobs/uploads/', { method: 'POST' });
    const curl = `curl -s -o curl.out -w "%{http_code} " http://localhost:${registry.port}/v2/my`;
    await hooked(`[ $n != 5 ] || { ${curl}/tags/list; ${curl}/blobs/uploads/ -X POST; } >statuses`);
    expect(await readFile(join(registry.folder, 'statuses'), 'utf8')).toBe('200 405 ');
    expect(await readFile(join(registry.folder, 'calls'), 'utf8')).toBe('6\n');
    const rest = `${upload.headers.get('location')}&digest=${digestOf('')}`;
    expect((await fetch(rest, { method: 'PUT' })).status).toBeGreaterThanOrEqual(400);
    const manifest = pushManifest('my:cut', 'manifest', { config: layer, layers: [] });
    await expect(manifest).rejects.toThrow('Received: 400');
    await expectWritable();
  });

  test.each([
    ['INT', 4, 0.4], // while it becomes read-only
    ['INT', 5, 0.2], // while it deletes
    ['INT', 6, 0.4], // while it becomes writable again
    ['TERM', 5, 0.2],
    ['KILL', 4, 0.1],
    ['KILL', 4, 0.5],
    ['KILL', 5, 0.2],
    ['KILL', 6, 0.5],
  ])('SIG%s in call %i of Docker, after %d s: nothing is lost', async (signal, call, seconds) => {
    const kill = `kill -s ${signal} -- -$(cat pid)`;
    const interrupted = hooked(`[ $n != ${call} ] || { sleep ${seconds}; ${kill}; } &`);
    const { stdout } = await interrupted.catch((error: Output) => error);
    if (signal === 'KILL') {
      // As after a crash of the engine. Where Compose was at work, it may have no such name.
      await docker(['restart', '--time', '0', registry.container]).catch(() => undefined);
    } else {
      expect(stdout).toContain('The registry can be written to again.\n');
      await expectWritable();
    }
    await cleanUp(KEEP_ONE);
    await expectWritable();
    expect(await thereOf(['my:old', 'my:old-index'])).toEqual([]);
    expect(await inspect(registry.container, '{{.Name}}')).toBe(`/${registry.container}`);
  });
});
