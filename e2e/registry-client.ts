import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { PREFIX } from './docker';
import type { SecureRegistry } from './registry';
import { basicAuth, type CREDENTIALS } from './stack';

/** A user name and a password. */
export type Account = typeof CREDENTIALS;

/** What the registry answers. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is asked of the registry besides the address. */
export interface Question {
  method?: string;
  /** Whose credentials go with it; without one, none do. */
  account?: Account;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** How a manifest names a part of an image, or a part of an index. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** What an image for one platform consists of, besides its manifest. */
export interface Image {
  readonly config: Buffer;
  readonly layer: Buffer;
}

/** The HTTP API of a secure registry, in the hands of one account. */
export interface RegistryClient {
  /** Asks over TLS, trusting only the certificate in the registry's folder. */
  ask(path: string, question?: Question): Promise<Answer>;
  /** Asks for a manifest by a tag or a digest. */
  askForManifest(repository: string, reference: string): Promise<Answer>;
  /**
   * Pushes an image.
   *
   * @param tag without one it is there by its digest alone
   * @returns its manifest
   */
  pushImage(repository: string, image: Image, tag?: string): Promise<Descriptor>;
  /** Makes and pushes an image for the platforms linux/amd64 and linux/arm64. */
  pushIndex(repository: string, tag: string): Promise<Descriptor>;
  /**
   * Downloads an image with all its platforms and layers.
   *
   * @throws Error when something is missing or is not what its digest says
   */
  download(repository: string, digest: string): Promise<void>;
}

const OCI = 'application/vnd.oci.image';
const MANIFEST = `${OCI}.manifest.v1+json`;
const INDEX = `${OCI}.index.v1+json`;

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** @param account which pushes and downloads */
export function createRegistryClient(registry: SecureRegistry, account: Account): RegistryClient {
  async function ask(path: string, question: Question = {}): Promise<Answer> {
    const { method = 'GET', account, headers, body = Buffer.alloc(0) } = question;
    const asked = request(new URL(path, `https://${registry.host}`), {
      method,
      ca: await readFile(join(registry.folder, 'registry/tls.crt')),
      agent: false,
      timeout: 30_000,
      headers: {
        'Content-Length': body.length,
        ...(account && { Authorization: basicAuth(account) }),
        ...headers,
      },
    });
    asked.end(body);
    const [response] = await once(asked, 'response');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: await buffer(response),
    };
  }

  /** Asks with the account, for one status only. */
  async function require(status: number, path: string, question: Question): Promise<Answer> {
    const answer = await ask(path, { ...question, account });
    if (answer.status === status) return answer;
    throw new Error(`${question.method ?? 'GET'} ${path}: ${answer.status} ${answer.body}`);
  }

  async function pushBlob(
    repository: string,
    mediaType: string,
    body: Buffer,
  ): Promise<Descriptor> {
    const digest = digestOf(body);
    const upload = await require(202, `/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const url = new URL(upload.headers.location ?? '');
    url.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await require(201, url.href, { method: 'PUT', headers, body });
    return { mediaType, digest, size: body.length };
  }

  async function pushManifest(
    repository: string,
    mediaType: string,
    content: object,
    tag?: string,
  ): Promise<Descriptor> {
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }));
    const digest = digestOf(body);
    const headers = { 'Content-Type': mediaType };
    const path = `/v2/${repository}/manifests/${tag ?? digest}`;
    await require(201, path, { method: 'PUT', headers, body });
    return { mediaType, digest, size: body.length };
  }

  async function pushImage(repository: string, image: Image, tag?: string): Promise<Descriptor> {
    const config = await pushBlob(repository, `${OCI}.config.v1+json`, image.config);
    const layers = [await pushBlob(repository, `${OCI}.layer.v1.tar`, image.layer)];
    return pushManifest(repository, MANIFEST, { config, layers }, tag);
  }

  const accept = { Accept: `${MANIFEST}, ${INDEX}` };

  return {
    ask,
    askForManifest: (repository, reference) =>
      ask(`/v2/${repository}/manifests/${reference}`, { account, headers: accept }),
    pushImage,
    async pushIndex(repository, tag) {
      const manifests = [];
      for (const architecture of ['amd64', 'arm64']) {
        const manifest = await pushImage(repository, await makeImage(architecture));
        manifests.push({ ...manifest, platform: { architecture, os: 'linux' } });
      }
      return pushManifest(repository, INDEX, { manifests }, tag);
    },
    download,
  };

  async function download(repository: string, digest: string): Promise<void> {
    const path = `/v2/${repository}/manifests/${digest}`;
    const { body } = await require(200, path, { headers: accept });
    if (digestOf(body) !== digest) throw new Error(`${path} has other bytes`);
    const { manifests = [], config, layers } = JSON.parse(body.toString());
    for (const child of manifests) await download(repository, child.digest);
    for (const { digest } of config ? [config, ...layers] : []) {
      const path = `/v2/${repository}/blobs/${digest}`;
      const { body } = await require(200, path, {});
      if (digestOf(body) !== digest) throw new Error(`${path} has other bytes`);
    }
  }
}

/** Makes an image that Docker can pull, but not run. It shares nothing with any other. */
export async function makeImage(architecture: string): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}-layer-`));
  try {
    await writeFile(join(folder, 'random'), randomBytes(100_000));
    const tar = ['--create', '--file', '-', '--directory', folder, 'random'];
    const { stdout: layer } = await promisify(execFile)('tar', tar, { encoding: 'buffer' });
    const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
    const config = JSON.stringify({ architecture, os: 'linux', config: {}, rootfs });
    return { config: Buffer.from(config), layer };
  } finally {
    await rm(folder, { recursive: true });
  }
}
