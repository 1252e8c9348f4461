import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { version } from '../package.json';
import { docker, PREFIX, ROOT, run } from './docker';
import { documented } from './documented';
import { eventually } from './eventually';

// What .github/workflows/release.yml does, on a stand-in for GitHub's runner. Left to GitHub are its
// registry, arm64, the real scanner, signatures without a key, and the release's notes.
const FOLDER = 'e2e/release-runner';
const RUNNER = `${PREFIX}-runner`;
const sh = async (commands: string, cwd = ROOT) =>
  (await run(['bash', '-ec', commands], { cwd })).stdout.trim();
const onRunner = async (commands: string) =>
  (await docker(['exec', RUNNER, 'bash', '-ec', commands])).stdout.trim();

/** What was published, with digests: the API, the website. */
let published: string[];
beforeAll(async () => {
  await sh(`docker build --quiet --target=runner --tag ${PREFIX}/runner:e2e ${FOLDER}
    docker run --detach --privileged --init --name ${RUNNER} --volume "$PWD:/repo:ro" ${PREFIX}/runner:e2e`);
  await eventually(() => onRunner('docker version'));
  await sh(`for image in node:26-trixie-slim registry:2; do
      docker image inspect $image >/dev/null || docker pull --quiet $image
      docker save $image | docker exec --interactive ${RUNNER} docker load
    done`);
  const standIns = `\${IMAGE_PREFIX}{api,website}:${version}-s390x`; // for a second platform
  await onRunner(`cosign generate-key-pair --output-key-prefix /tmp/cosign
    docker run --detach --publish 127.0.0.1:5000:5000 registry:2
    docker build --quiet --target=scanner --tag localhost:5000/scanner --push ${FOLDER}
    for image in ${standIns}; do
      echo 'FROM scratch' | docker build --platform linux/s390x --provenance=false --label a= --tag $image --push -
    done`);
  const [, built] = (await onRunner('scripts/release build')).split('=');
  published = (await onRunner(`scripts/release publish ${built} ${standIns}`)).split('\n');
}, 600_000);
afterAll(() => docker(['rm', '--force', '--volumes', RUNNER]));

test('each image has the version as its label, and the compile cache of its own platform', async () => {
  expect(published).toHaveLength(2);
  const label = '{{index .Config.Labels "org.opencontainers.image.version"}}';
  const architectures = 'node -p process.arch && ls compile-cache | cut -d - -f 2';
  for (const name of published) {
    const index = await onRunner(`docker buildx imagetools inspect ${name}`);
    expect(index.match(/linux\/(amd64|arm64|s390x)$/gm)).toHaveLength(2);
    const output = await onRunner(`docker run --rm ${name} sh -c '${architectures}'`);
    expect(output).toMatch(/^(.*)\n\1$/);
    expect(await onRunner(`docker inspect --format '${label}' ${name}`)).toBe(version);
  }
});

test('signature, contents and provenance are found as documented, and only of what was published', async () => {
  const find = documented('Publish', 'cosign verify')
    .replace('ghcr.io', 'localhost:5000')
    .replace(/VERSION=\S+/, `VERSION=${version}`)
    .replaceAll(/--certificate-\S+/g, '--insecure-ignore-tlog'); // what a signature without a key has
  const withKey = (name: string) => `export COSIGN_KEY=/tmp/${name}.pub\n${find}`;
  const found = await onRunner(withKey('cosign'));
  expect(found).toContain(published[0]?.split('@')[1]);
  expect(found).toContain('/node_modules/express"'); // from the stage where the bundle was made
  expect(found).toContain('npm ci --no-audit'); // how it was made
  const unsigned = onRunner(withKey('cosign').replace(/\$VERSION$/m, `$VERSION-s390x`));
  await expect(unsigned).rejects.toThrow('no signatures found');
  await onRunner('cosign generate-key-pair --output-key-prefix /tmp/other');
  await expect(onRunner(withKey('other'))).rejects.toThrow('no matching signatures');
});

test('npm version puts one version everywhere, and where one differs, nothing is released', async () => {
  const clone = await mkdtemp(join(tmpdir(), `${PREFIX}-`));
  try {
    await sh(`git ls-files -z --cached --others --exclude-standard |
      xargs -0 cp --parents --target-directory ${clone}`);
    const user = 'git config user.name a && git config user.email a';
    await sh(`git init --quiet && ${user} && git add . && git commit --quiet --message a`, clone);
    await sh('npm version 9.8.7-rc.6 && git diff --exit-code HEAD', clone);
    await sh('scripts/release check $(git describe)', clone);
    for (const [place, change, found] of [
      ['website/package.json', 's/9.8.7-rc.6/9.8.7/', '9.8.7 '],
      ['website/Dockerfile', '/9.8.7-rc.6/d', 'none'],
    ]) {
      await sh(`git checkout . && sed -i ${change} ${place}`, clone);
      const stderr = `${place}: not v9.8.7-rc.6 but ${found}\n`;
      const check = sh('scripts/release check v9.8.7-rc.6', clone);
      await expect(check).rejects.toMatchObject({ code: 1, stderr });
    }
  } finally {
    await rm(clone, { recursive: true });
  }
});
