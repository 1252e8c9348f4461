import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { docker, inspect, ownEnv, PREFIX, ROOT } from './docker';
import { eventually } from './eventually';
import { freePort } from './free-port';
import { createRegistry, type Registry, removeImages } from './registry';
import { createStack } from './stack';

const run = promisify(execFile);

// It builds, from the cache of `run.mjs` if all is well, and pushes.
const PUBLISH_MS = 300_000;

const IMAGES = ['api', 'website'] as const;
type Image = (typeof IMAGES)[number];

/** What ends after the test that made it, last first. */
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

let registry: Registry;
/** What `publish` runs in unless it is told otherwise: a clone in which nothing is changed. */
let checkout: Checkout;
beforeAll(async () => {
  registry = await createRegistry('publish');
  await registry.compose('up', '--detach', '--wait', 'registry');
  checkout = await createCheckout();
});
afterAll(async () => {
  await checkout?.remove();
  await registry?.down();
});

/** A copy of the repository, as it is now, with a history of its own. */
interface Checkout {
  readonly folder: string;
  readonly commit: string;
  remove(): Promise<void>;
}

async function createCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}-publish-`));
  const left = ['node_modules', 'dist', 'coverage'];
  for (const name of ['.gitignore', 'package.json', 'scripts', 'simple_api', 'website']) {
    const filter = (source: string) => !left.includes(basename(source));
    await cp(join(ROOT, name), join(folder, name), { recursive: true, filter });
  }
  const author = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com'];
  await git(folder, 'init', '--quiet');
  await git(folder, 'add', '--all');
  await git(folder, ...author, 'commit', '--quiet', '--message', 'All');
  return {
    folder,
    commit: await git(folder, 'rev-parse', 'HEAD'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs git in a folder and returns what it printed. */
async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd, env: ownEnv() });
  return stdout.trim();
}

/** How the command ended, and what it printed. */
interface Ending {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `npm run publish-images` as a user does. */
function publish(env: NodeJS.ProcessEnv, { folder }: Pick<Checkout, 'folder'> = checkout) {
  const options = { cwd: folder, env: { ...ownEnv(), ...env }, timeout: PUBLISH_MS };
  return new Promise<Ending>((resolve, reject) => {
    const args = ['run', '--silent', 'publish-images'];
    execFile('npm', args, options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}

/** How a command ends that refuses before it builds anything. */
const refusal = (...lines: string[]): Ending => ({
  code: 1,
  stdout: '',
  stderr: lines.map((line) => `${line}\n`).join(''),
});

/** Checks that the command failed, listed nothing, and said why in its last line. */
function expectFailure({ code, stdout, stderr }: Ending, why: string | RegExp): void {
  expect(code).toBe(1);
  expect(stdout).toBe('');
  const line = stderr.trimEnd().split('\n').at(-1);
  if (typeof why === 'string') expect(line).toBe(why);
  else expect(line).toMatch(why);
}

/** Asks the registry itself. */
async function ask(path: string): Promise<Response> {
  const Accept = [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
  ].join(', ');
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(`http://${registry.host}/v2/${path}`, { headers: { Accept }, signal });
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  return answer;
}

/** Gives an image in the registry another tag, as somebody else would. */
async function tag(image: Image, from: string, to: string): Promise<void> {
  const manifest = await ask(`${image}/manifests/${from}`);
  const answer = await fetch(`http://${registry.host}/v2/${image}/manifests/${to}`, {
    method: 'PUT',
    headers: { 'Content-Type': manifest.headers.get('content-type') ?? '' },
    body: await manifest.text(),
    signal: AbortSignal.timeout(30_000),
  });
  expect(answer.status).toBe(201);
}

/** What the registry has under a tag. */
interface Arrived {
  /** Of the manifest's bytes. */
  digest: string;
  /** Of the configuration and the layers, in bytes. */
  size: number;
  /** The commit in the label. */
  revision: string | undefined;
}

async function arrived(image: Image, tag = '1.0'): Promise<Arrived> {
  const bytes = await (await ask(`${image}/manifests/${tag}`)).text();
  const { config, layers } = JSON.parse(bytes);
  let size = 0;
  for (const { digest } of [config, ...layers]) {
    size += (await (await ask(`${image}/blobs/${digest}`)).arrayBuffer()).byteLength;
  }
  const { Labels } = (await (await ask(`${image}/blobs/${config.digest}`)).json()).config;
  return {
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size,
    revision: Labels['org.opencontainers.image.revision'],
  };
}

describe('both images', () => {
  let ending: Ending;
  beforeAll(async () => {
    ending = await publish({ REGISTRY: registry.host });
  }, PUBLISH_MS);

  test('are published, with exit code 0', () => {
    expect(ending.stderr).not.toMatch(/failed/);
    expect(ending.code).toBe(0);
  });

  test.each(IMAGES)('%s has the digest that the engine has', async (image) => {
    const { digest } = await arrived(image);
    expect(await inspect(`${registry.host}/${image}:1.0`, '{{.RepoDigests}}')).toContain(
      `${registry.host}/${image}@${digest}`,
    );
  });

  test.each(IMAGES)('%s has the commit as its label', async (image) => {
    expect((await arrived(image)).revision).toBe(checkout.commit);
  });

  test('are on standard output with digest and size, and nothing else is', async () => {
    const rows = ending.stdout.split('\n').map((line) => line.split(/ {2,}/));
    const expected = [];
    for (const image of IMAGES) {
      const { digest, size } = await arrived(image);
      const megabytes = `${(size / 1_000_000).toFixed(1)} MB`;
      expected.push([`${registry.host}/${image}:1.0`, digest, megabytes]);
    }
    expect(rows).toEqual([['image', 'digest', 'size in the registry'], ...expected, ['']]);
  });

  test(
    'can be published again, and stay the same',
    async () => {
      const { code, stdout } = await publish({ REGISTRY: registry.host });
      expect(code).toBe(0);
      expect(stdout).toBe(ending.stdout);
    },
    PUBLISH_MS,
  );

  test(
    'can be published under another tag',
    async () => {
      const { code } = await publish({ REGISTRY: registry.host, TAG: 'v2.0_rc-1' });
      expect(code).toBe(0);
      for (const image of IMAGES) {
        expect((await arrived(image, 'v2.0_rc-1')).digest).toBe((await arrived(image)).digest);
      }
    },
    PUBLISH_MS,
  );

  test(
    'run on another machine, which builds nothing',
    async () => {
      await removeImages(`${registry.host}/*`);
      const images = { IMAGE_PREFIX: `${registry.host}/`, TAG: '1.0', PULL_POLICY: 'always' };
      const stack = await createStack('publish-stack', images);
      try {
        await stack.compose('up', '--detach', '--wait');
        for (const [service, image] of [
          ['simple-api', 'api'],
          ['website', 'website'],
        ] as const) {
          const id = await inspect(stack.container(service), '{{.Image}}');
          const { digest } = await arrived(image);
          expect(await inspect(id, '{{.RepoDigests}}')).toContain(
            `${registry.host}/${image}@${digest}`,
          );
        }
        expect(await (await stack.getList()).json()).toHaveProperty('student_ages.Ahmed', '20');
        expect(await (await fetch(`${stack.website}/students`)).text()).toContain('20 years old');
      } finally {
        await stack.down();
      }
    },
    PUBLISH_MS,
  );
});

describe('the label', () => {
  async function clone(): Promise<Checkout> {
    const own = await createCheckout();
    endings.push(own.remove);
    return own;
  }

  test(
    'says when a file differs from the commit',
    async () => {
      const changed = await clone();
      await appendFile(join(changed.folder, 'package.json'), '\n');
      const { code } = await publish({ REGISTRY: registry.host, TAG: 'changed' }, changed);
      expect(code).toBe(0);
      for (const image of IMAGES) {
        expect((await arrived(image, 'changed')).revision).toBe(`${changed.commit}-dirty`);
      }
    },
    PUBLISH_MS,
  );

  test(
    'says when a file is in no commit',
    async () => {
      const changed = await clone();
      await writeFile(join(changed.folder, 'simple_api/src/new.ts'), '');
      const { code } = await publish({ REGISTRY: registry.host, TAG: 'new' }, changed);
      expect(code).toBe(0);
      expect((await arrived('api', 'new')).revision).toBe(`${changed.commit}-dirty`);
    },
    PUBLISH_MS,
  );

  test(
    'is left out, with a line, where there is no commit, not even if a folder above is in one',
    async () => {
      const above = await clone();
      const folder = join(above.folder, 'inside');
      const inside = await clone();
      await cp(inside.folder, folder, { recursive: true });
      await rm(join(folder, '.git'), { recursive: true });
      const ending = await publish({ REGISTRY: registry.host, TAG: 'none' }, { folder });
      expect(ending.code).toBe(0);
      expect(ending.stderr).toMatch(
        /^The images do not get the commit as a label: fatal: not a git repository.*\n/,
      );
      for (const image of IMAGES) {
        expect((await arrived(image, 'none')).revision).toBeUndefined();
      }
    },
    PUBLISH_MS,
  );
});

/** Starts a server that ends with the test, as do the images for it; returns its host and port. */
async function listen(server: Server): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  const host = `localhost:${address.port}`;
  endings.push(() => removeImages(`${host}/*`));
  return host;
}

describe('refuses, and builds nothing,', () => {
  test('when nothing listens, and says what starts a registry', async () => {
    const port = await freePort();
    expect(await publish({ REGISTRY: `localhost:${port}` })).toEqual(
      refusal(
        `no registry answers at localhost:${port} (ECONNREFUSED); start one: REGISTRY_PORT=${port} docker compose -f docker-compose-registry.yml up -d registry`,
      ),
    );
  });

  test("this project's API", async () => {
    const container = `${PREFIX}-publish-api`;
    endings.push(() => docker(['rm', '--force', '--volumes', container]));
    const options = ['--detach', '--name', container, '--publish', '127.0.0.1::5000'];
    await docker(['run', ...options, `${PREFIX}/api:e2e`]);
    const { stdout } = await docker(['port', container, '5000']);
    const host = `localhost:${stdout.trim().split(':').at(-1)}`;
    endings.push(() => removeImages(`${host}/*`));
    await eventually(30_000, () =>
      fetch(`http://${host}/health/live`, { signal: AbortSignal.timeout(2_000) }),
    );

    expect(await publish({ REGISTRY: host })).toEqual(
      refusal(
        `${host} is not a registry (it answered 404); if it is this project's API, see API_PORT / REGISTRY_PORT in README.md`,
      ),
    );
  });

  test('another server, even if it answers 200', async () => {
    const host = await listen(createHttpServer((_, res) => res.end('{}')));
    expect(await publish({ REGISTRY: host })).toEqual(
      refusal(`${host} is not a registry (it answered 200)`),
    );
  });

  test('a server that accepts and never answers', async () => {
    const host = await listen(createServer());
    const { code, stderr } = await publish({ REGISTRY: host });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^no registry answers at ${host} \\(no answer within 10 s\\).*\n$`),
    );
  });

  test.each([
    'http://localhost:5000',
    'localhost:5000/',
    'localhost:5000/mine',
    'localhost:',
    'localhost:99999',
    'user:secret@localhost:5000',
    'local host',
    '-localhost:5000',
  ])('the REGISTRY %j', async (REGISTRY) => {
    expect(await publish({ REGISTRY })).toEqual(
      refusal('REGISTRY must be host[:port], such as localhost:5000, without scheme or path'),
    );
  });

  test('a REGISTRY that means Docker Hub', async () => {
    const line =
      'REGISTRY must have a dot or a port, such as mine:5000: Docker takes "mine" for an account at Docker Hub';
    expect(await publish({ REGISTRY: 'mine' })).toEqual(refusal(line));
  });

  test.each(['-1', '.1', 'a/b', 'a:b', 'ä', '1.0 ', 'a'.repeat(129)])('the TAG %j', async (TAG) => {
    expect(await publish({ REGISTRY: registry.host, TAG })).toEqual(
      refusal(
        'TAG must be 1 to 128 letters, digits, "_", "." or "-", and must not begin with "." or "-"',
      ),
    );
  });

  test('a registry that wants an account, if Docker has none, or a wrong one', async () => {
    const { host, env, storeAccount } = await privateRegistry(createHttpServer());
    const line = `${host} wants an account; sign in: docker login ${host}`;
    expect(await publish(env)).toEqual(refusal(line));

    await storeAccount('e2e:wrong');
    const { code, stderr } = await publish(env);
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([expect.stringContaining(`${line} (`), '']);
    expect(stderr).toContain('401 Unauthorized');
  });

  test('without a Docker Engine', async () => {
    const DOCKER_HOST = 'unix:///nowhere/docker.sock';
    const { code, stderr } = await publish({ REGISTRY: registry.host, DOCKER_HOST });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^no Docker Engine answers: .*unix:\/\/\/nowhere\/docker\.sock.*\n$/);
  });
});

test.each([
  ['plain HTTP', async () => createHttpServer()],
  ['TLS', async () => createHttpsServer(await keyAndCertificate())],
])(
  'a registry that wants the account that Docker has is published to, over %s',
  async (_how, createServer) => {
    const { env, storeAccount } = await privateRegistry(await createServer());
    await storeAccount('e2e:right');
    const { code, stdout } = await publish({ ...env, TAG: 'private' });
    expect(code).toBe(0);
    for (const image of IMAGES) {
      expect(stdout).toContain((await arrived(image, 'private')).digest);
    }
  },
  PUBLISH_MS,
);

/** Puts a server before the registry of the tests that lets in who comes with `e2e:right`. */
async function privateRegistry(server: Server) {
  const right = `Basic ${Buffer.from('e2e:right').toString('base64')}`;
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (req.headers.authorization === right) return pass(req, res);
    res.writeHead(401, {
      'Docker-Distribution-Api-Version': 'registry/2.0',
      'WWW-Authenticate': 'Basic realm="e2e"',
    });
    res.end();
  });
  const host = await listen(server);
  const DOCKER_CONFIG = await mkdtemp(join(tmpdir(), `${PREFIX}-publish-`));
  endings.push(() => rm(DOCKER_CONFIG, { recursive: true }));
  return {
    host,
    /** What `publish` needs to publish there, with accounts of its own. */
    env: { REGISTRY: host, DOCKER_CONFIG },
    /** Makes Docker have an account there, as `docker login` does. */
    storeAccount(account: string) {
      const auths = { [host]: { auth: Buffer.from(account).toString('base64') } };
      return writeFile(join(DOCKER_CONFIG, 'config.json'), JSON.stringify({ auths }));
    },
  };
}

/** A key and its certificate, in which Docker believes for localhost alone. */
async function keyAndCertificate() {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', '-', '-out', '-', '-subj', '/CN=localhost'];
  const { stdout } = await run('openssl', ['req', '-x509', ...key, ...files]);
  return { key: stdout, cert: stdout };
}

/** What a proxy makes of an answer's body. */
type Change = (body: Buffer) => Buffer;

/** Passes a request on to the registry, and its answer back. */
function pass(req: IncomingMessage, res: ServerResponse, path = req.url, change?: Change): void {
  const { method } = req;
  // Where the registry wants the parts of an image to be sent depends on it.
  const proto = req.socket instanceof TLSSocket ? 'https' : 'http';
  const headers = { ...req.headers, 'x-forwarded-proto': proto };
  const onward = request(`http://${registry.host}${path}`, { method, headers }, async (answer) => {
    if (!change) {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
      return;
    }
    const body = change(Buffer.concat(await answer.toArray()));
    res.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': body.length });
    res.end(body);
  });
  onward.on('error', () => res.destroy());
  req.pipe(onward);
}

describe('what comes between the engine and the registry', () => {
  const TAG = 'between';
  const isForManifest = ({ method, url }: IncomingMessage) =>
    method === 'GET' && url === `/v2/api/manifests/${TAG}`;
  beforeAll(async () => {
    const { code } = await publish({ REGISTRY: registry.host, TAG });
    expect(code).toBe(0);
  }, PUBLISH_MS);

  /** Publishes through a proxy, and returns its host, too. */
  async function publishThrough(
    proxy: (req: IncomingMessage, res: ServerResponse) => void,
    from = checkout,
  ): Promise<Ending & { host: string }> {
    const host = await listen(createHttpServer(proxy));
    return { host, ...(await publish({ REGISTRY: host, TAG }, from)) };
  }

  test(
    'is no harm if it changes nothing',
    async () => {
      const { code, stdout, host } = await publishThrough((req, res) => pass(req, res));
      expect(code).toBe(0);
      expect(stdout).toContain(`${host}/api:${TAG}`);
    },
    PUBLISH_MS,
  );

  test(
    'is noticed if the tag is of another image by now',
    async () => {
      const changed = await createCheckout();
      endings.push(changed.remove);
      await appendFile(join(changed.folder, 'package.json'), '\n');
      expect((await publish({ REGISTRY: registry.host, TAG: 'other' }, changed)).code).toBe(0);
      const { digest: other } = await arrived('api', 'other');
      const { digest: own } = await arrived('api', TAG);
      expect(other).not.toBe(own);

      const ending = await publishThrough(async (req, res) => {
        if (isForManifest(req)) await tag('api', 'other', TAG);
        pass(req, res);
      });
      expectFailure(
        ending,
        `${ending.host}/api:${TAG} is ${own} here, but ${other} in the registry`,
      );
    },
    PUBLISH_MS,
  );

  test(
    'is noticed if it serves the manifest of another repository',
    async () => {
      const ending = await publishThrough((req, res) => {
        pass(req, res, isForManifest(req) ? `/v2/website/manifests/${TAG}` : req.url);
      });
      const { digest: own } = await arrived('api', TAG);
      const line = `${ending.host}/api:${TAG} is ${own} here, and cannot be read from the registry: `;
      expectFailure(ending, new RegExp(`^${line}.{1,300}$`));
    },
    PUBLISH_MS,
  );

  test(
    'is noticed if the manifest is changed, and its digest in the header is not',
    async () => {
      const changed: Buffer[] = [];
      const own = (await arrived('api', TAG)).digest;
      const ending = await publishThrough((req, res) => {
        if (!isForManifest(req)) return pass(req, res);
        pass(req, res, req.url, (body) => {
          const bytes = Buffer.concat([body, Buffer.from('\n')]);
          changed.push(bytes);
          return bytes;
        });
      });
      const [bytes = Buffer.of()] = changed;
      const other = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      expectFailure(
        ending,
        `${ending.host}/api:${TAG} is ${own} here, but ${other} in the registry`,
      );
    },
    PUBLISH_MS,
  );

  test(
    'is noticed if the manifest is lost',
    async () => {
      const ending = await publishThrough((req, res) => {
        pass(req, res, isForManifest(req) ? '/v2/api/manifests/lost' : req.url);
      });
      const { digest: own } = await arrived('api', TAG);
      const name = `${ending.host}/api:${TAG}`;
      expectFailure(
        ending,
        `${name} is ${own} here, and cannot be read from the registry: no such manifest: ${name}`,
      );
    },
    PUBLISH_MS,
  );

  test(
    "is told of in Docker's own words if it refuses a push",
    async () => {
      const ending = await publishThrough((req, res) => {
        if (req.method !== 'PUT') return pass(req, res);
        req.resume();
        res.writeHead(403, { 'Content-Type': 'application/json' });
        res.end(JSON.stringify({ errors: [{ code: 'DENIED', message: 'not on a Sunday' }] }));
      });
      expect(ending.stderr).toContain('denied: not on a Sunday');
      expectFailure(ending, `docker push of ${ending.host}/api:${TAG} failed`);
    },
    PUBLISH_MS,
  );
});

test(
  "a build that fails is told of in Docker's own words, and nothing is pushed",
  async () => {
    const broken = await createCheckout();
    endings.push(broken.remove);
    await writeFile(join(broken.folder, 'website/Dockerfile'), 'FROM scratch\nCOPY nothing /\n');
    const ending = await publish({ REGISTRY: registry.host, TAG: 'broken' }, broken);
    expect(ending.stderr).toMatch(/"\/nothing": not found/);
    expectFailure(ending, 'docker build of website/ failed');
    const { tags } = await (await ask('api/tags/list')).json();
    expect(tags).toContain('1.0');
    expect(tags).not.toContain('broken');
  },
  PUBLISH_MS,
);
