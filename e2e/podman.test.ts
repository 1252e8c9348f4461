import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { documented } from './documented';
import { eventually } from './eventually';
import { type Machine, startMachine } from './podman';

const SECTION = 'With Podman';
const PAGE = 'http://localhost:8000';
const API = 'http://localhost:5000/supmit/api/v1.0';

let machine: Machine;
const alice = (command: string) => machine.sh(`set -e\n${command}`, '', 'alice');
beforeAll(async () => {
  machine = await startMachine('podman', ['simple_api', 'website', 'docker-compose.yml']);
  await machine.sh('chown -R alice:alice /repo && chmod a+rw /dev/net/tun');
  await machine.load('alice', 'node:26-trixie-slim');
  await alice(`echo "EDITOR_PASSWORD='a long password'" >.env`);
}, 900_000);
afterAll(() => machine?.remove());
afterEach(() => alice('podman rm --all --force'));

/** Both services respond, on IPv4 and IPv6, and the list can be changed and still belongs to alice. */
async function expectAll(age: string) {
  for (const host of ['127.0.0.1', '[::1]']) {
    const page = () => alice(`curl -gfsS http://${host}:8000/students`);
    await eventually(async () => expect(await page()).toContain('Sara'));
  }
  const put = `curl -fsS -u 'editor:a long password' -X PUT --json '{"age": "${age}"}'`;
  expect(await alice(`${put} ${API}/students/Sara`)).toContain(age);
  expect(await alice('cat simple_api/data/student_age.json')).toContain(`"Sara": "${age}"`);
  expect(await machine.sh('stat -c %U simple_api/data/student_age.json')).toBe('alice\n');
}

const compose = documented(SECTION, 'podman-compose up');
const settings = compose.slice(0, compose.indexOf('podman-compose'));

test('without root, both images are built and run as documented', async () => {
  await alice(`${settings}${documented(SECTION, 'podman run')}`);
  await expectAll('33');
}, 600_000);

test('podman-compose runs both as documented', async () => {
  // There is no systemd here to do this.
  const check = 'until podman healthcheck run student-list_simple-api_1; do sleep 1; done';
  await alice(`(${check}) >/dev/null 2>&1 &\n${compose}`);
  await expectAll('34');
  expect(await alice(`curl -fsS ${PAGE}/health/ready`)).toContain('ready');
}, 600_000);
