import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { basicAuth, READER } from '../api';
import { docker } from '../docker';
import { eventually } from '../eventually';
import * as stack from './deployment';
import { faultTable, listFrom, underLoad } from './page-load';
import type { Node, Task } from './swarm';
import * as swarm from './swarm';

const { API, DATABASE, deploy, published, updateImage, updateState, WEBSITE } = stack;
const { containerOf, isRunning, NODES, onManager, onNode, runningTasksOf, tasksOf } = swarm;

const OLD_LIST = { Ahmed: '20', Amine: '20', Hiba: '21', Meryem: '23', Omar: '20', Sara: '23' };
const CHANGE = { Ahmed: '21', Omar: null, Yasmine: '19' };
const NEW_LIST = { Ahmed: '21', Amine: '20', Hiba: '21', Meryem: '23', Sara: '23', Yasmine: '19' };

/** What is deployed; each test changes it as an operator would. */
const versions = { tag: '1', credentials: '1' };
/** The lists that a page may show now. */
let lists = [JSON.stringify(OLD_LIST)];

beforeAll(async () => {
  await stack.createCredentials('1', READER);
  await stack.prepareDatabase();
  await deploy(versions);
  await eventually(() => stack.sendList(1, OLD_LIST));
});
afterAll(() => {
  process.stdout.write(`\n${faultTable()}\n`);
});

// No fault begins before the cluster has recovered from the last one.
beforeEach(async () => {
  await healing(async () => {
    for (const service of [API, WEBSITE]) {
      await expectTasks(service, () => true);
      expect(await updateState(service)).toMatch(/^(none|completed|rollback_completed)$/);
    }
  });
});

test('each node has a website and a replica, all of which have the same list and change it', async () => {
  for (const service of [API, WEBSITE]) {
    const nodes = (await runningTasksOf(service)).map(({ node }) => node);
    expect(nodes.sort()).toEqual([...NODES]);
  }
  for (const node of NODES) {
    expect(JSON.parse(await stack.sendList(node, { New: '20' }))).toMatchObject({ added: 1 });
    const tags = (await runningTasksOf(API)).map((task) => versionOf(task));
    expect(new Set(await Promise.all(tags)).size).toBe(1);
    expect(JSON.parse(await stack.sendList(node, { New: null }))).toMatchObject({ removed: 1 });
    expect(await listFrom(node)).toBe(JSON.stringify(OLD_LIST));
  }
});

test.each([
  [API, 'node', 512],
  [WEBSITE, 'node', 512],
  [DATABASE, '999:999', 1024],
])('%s has no rights, and no password in its variables', async (name, user, memory) => {
  const task = await someTaskOf(name);
  const { stdout } = await onNode(task.node, ['inspect', await containerOf(task)]);
  const [{ HostConfig, Config, NetworkSettings }] = JSON.parse(stdout);
  const limits = { Memory: memory * 1024 * 1024, PidsLimit: expect.any(Number) };
  expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], ...limits });
  expect(Config.User).toBe(user);
  expect(Config.Env.join('\n')).not.toMatch(/^\w+_(USERNAME|PASSWORD)=/m);
  const networks = Object.keys(NetworkSettings.Networks).join();
  expect(networks.includes('database-network')).toBe(name !== WEBSITE);
  if (name === WEBSITE) expect(Config.Env.join('\n')).not.toMatch(/^(EDITOR|DATABASE)_/m);
});

describe('no page fails, or is one of before,', () => {
  test('while the API is updated, one replica after another', async () => {
    const update = () =>
      during(updateImage(API, 'api:2'), () =>
        expectTasks(API, ({ image }) => image === published('api:2')),
      );
    await underLoad('rolling update of the API', update, lists);
  });

  test('while an update to a broken version is rolled back', async () => {
    const update = () =>
      during(updateImage(API, 'api:broken'), async () => {
        expect(await updateState(API)).toBe('rollback_completed');
        await expectTasks(API, ({ image }) => image === published('api:2'));
      });
    await underLoad('update of the API to a broken version', update, lists);
    // The broken version did start; it was not merely an image that could not be pulled.
    const broken = (await tasksOf(API)).filter(({ image }) => image === published('api:broken'));
    expect(broken.map(({ state }) => state).join()).toMatch(/Complete|Failed/);
  });

  test('while the website is updated, except on the node where it is being replaced', async () => {
    versions.tag = '2';
    await replaceWebsites('rolling update of the website; other nodes');
    await expectTasks(WEBSITE, ({ image }) => image === published('website:2'));
  });

  test('while the credentials change, except where the website is being replaced', async () => {
    await stack.createCredentials('2', { username: 'other', password: 'another' });
    versions.credentials = '2';
    const isNew = await otherThanNow(API);
    await replaceWebsites('new credentials; other nodes');
    await expectTasks(API, isNew);
  });

  test('while the list is changed', async () => {
    lists = [JSON.stringify(OLD_LIST), JSON.stringify(NEW_LIST)];
    const change = () =>
      during(stack.sendList(1, CHANGE), async () => {
        for (const node of NODES) expect(await listFrom(node)).toBe(JSON.stringify(NEW_LIST));
      });
    await underLoad('list changed', change, lists);
    lists = [JSON.stringify(NEW_LIST)];
  });

  test('when a replica is killed, also while the registry is down: nothing needs a pull', async () => {
    await underLoad('replica of the API killed', killReplica, lists);
    await docker(['stop', `${swarm.CLUSTER}-registry`]);
    try {
      await underLoad('replica of the API killed, registry down', killReplica, lists);
    } finally {
      await docker(['start', `${swarm.CLUSTER}-registry`]);
    }
  });

  test('when the container of the database is killed; then pages are of before', async () => {
    const kill = async () => {
      const task = await someTaskOf(DATABASE);
      const container = await containerOf(task);
      return during(onNode(task.node, ['kill', container]), async () => {
        await someTaskOf(DATABASE, (it) => isRunning(it) && it.id !== task.id);
        await healthyAgain();
      });
    };
    await underLoad('database killed', kill, lists);
  });

  test('when the node of the database is drained, and brought back', async () => {
    const { node } = await someTaskOf(DATABASE);
    const others = NODES.filter((other) => other !== node);
    const drain = async () => {
      await setTo('drain')(node);
      await sleep(10_000);
      return during(setTo('active')(node), healthyAgain);
    };
    await underLoad('node of the database drained for 10 s; others', drain, lists, others);
  });

  const healthyAgain = async () => {
    await expectTasks(API, () => true);
    for (const node of NODES) expect(lists).toContain(await listFrom(node));
  };
  const setTo = (availability: string) => (node: Node) =>
    onManager('node', 'update', '--availability', availability, `node${node}`);
  const cable = (state: 'up' | 'down') => (node: Node) => swarm.setCable(state, node);
  test.each<[string, string, (node: Node) => Promise<unknown>, (node: Node) => Promise<unknown>]>([
    ['worker drained', 'worker brought back', setTo('drain'), setTo('active')],
    ['cable of a node pulled', 'cable mended', cable('down'), cable('up')],
  ])('on other nodes: %s, %s', async (away, back, takeAway, bringBack) => {
    const { node } = await someTaskOf(API, (task) => task.node !== 1);
    const others = NODES.filter((other) => other !== node);
    try {
      const lose = () =>
        during(takeAway(node), () => expectTasks(API, (task) => task.node !== node, 2));
      await underLoad(`${away}; other nodes`, lose, lists, others);
      const isNew = await otherThanNow(WEBSITE);
      const regain = () =>
        during(bringBack(node), async () => {
          await someTaskOf(WEBSITE, (task) => task.node === node && isNew(task));
          await expectTasks(API, () => true);
          expect(lists).toContain(await listFrom(node));
        });
      await underLoad(`${back}; other nodes`, regain, lists, others);
    } finally {
      await bringBack(node);
    }
  });
});

/**
 * Deploys versions that replace all websites, under a load on all nodes. Visits to a node count only
 * while its website is not being replaced. Asserts that this happens on one node at a time.
 */
async function replaceWebsites(name: string): Promise<void> {
  const isNew = await otherThanNow(WEBSITE);
  let windows: { node: Node; from: number; to: number }[] = [];
  const update = async () => {
    const healed = await during(deploy(versions), () => expectTasks(WEBSITE, isNew));
    windows = await Promise.all((await runningTasksOf(WEBSITE)).map(replacedIn));
    return healed;
  };
  await underLoad(name, update, lists, NODES, ({ at, ms }, node) =>
    windows.some((it) => it.node === node && at + ms > it.from && at < it.to),
  );
  windows.sort((a, b) => a.from - b.from);
  for (const [index, { from }] of windows.entries()) {
    expect(from).toBeGreaterThan(windows[index - 1]?.to ?? 0);
  }
}

/** Finds out how long a task's node had none, from the order to replace the old one to health. */
async function replacedIn({ id, node }: Task): Promise<{ node: Node; from: number; to: number }> {
  const [line = ''] = await onManager('inspect', '--format', '{{json .}}', id);
  const { CreatedAt, Status } = JSON.parse(line);
  return { node, from: Date.parse(CreatedAt), to: Date.parse(Status.Timestamp) };
}

/** Kills a replica with SIGKILL and returns after how long there were three again, in ms. */
async function killReplica(): Promise<number> {
  const task = await someTaskOf(API);
  const container = await containerOf(task);
  return during(onNode(task.node, ['kill', container]), () =>
    expectTasks(API, ({ id }) => id !== task.id),
  );
}

/** Asks a replica of the API, with the first credentials, from within its container for the list's version. */
async function versionOf(task: Task): Promise<string> {
  const options = { method: 'HEAD', headers: { Authorization: basicAuth(READER) } };
  const ask = `fetch('http://localhost:5000/supmit/api/v1.0/students', ${JSON.stringify(options)})
    .then((res) => console.log(res.status, res.headers.get('etag')))`;
  const args = ['exec', await containerOf(task), 'node', '--eval', ask];
  const { stdout } = await onNode(task.node, args);
  expect(stdout).toMatch(/^200 "/);
  return stdout;
}

async function someTaskOf(service: string, isRight = isRunning): Promise<Task> {
  const task = (await runningTasksOf(service)).find(isRight);
  if (!task) throw new Error(`${service} has no such task`);
  return task;
}

/** Makes a test for tasks that a service does not have yet. */
async function otherThanNow(service: string): Promise<(task: Task) => boolean> {
  const ids = new Set((await tasksOf(service)).map(({ id }) => id));
  return ({ id }) => !ids.has(id);
}

/** Asserts that a service has so many tasks, all running and as they should be. */
async function expectTasks(service: string, isRight: (task: Task) => boolean, count = 3) {
  const wanted = (await tasksOf(service)).filter(({ isWanted }) => isWanted);
  const right = wanted.filter((task) => isRunning(task) && isRight(task));
  if (right.length === count && wanted.length === count) return;
  throw new Error(`${service} is not as it should be: ${JSON.stringify(wanted, undefined, 1)}`);
}

/** Waits until an assertion holds. @returns how long that took, in ms */
async function healing(assertion: () => Promise<void>): Promise<number> {
  const start = Date.now();
  await eventually(assertion, 120_000);
  return Date.now() - start;
}

/** Waits for a command and for its effect. @returns how long the effect took, in ms */
async function during(command: Promise<unknown>, effect: () => Promise<void>): Promise<number> {
  // Wait for both: what is still going on would disturb the next test.
  const [effected, ended] = await Promise.allSettled([healing(effect), command]);
  if (ended.status === 'rejected') throw ended.reason;
  if (effected.status === 'rejected') throw effected.reason;
  return effected.value;
}
