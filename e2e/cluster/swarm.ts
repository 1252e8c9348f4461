import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { docker, type Output } from '../docker';

const run = promisify(execFile);

/** From run.sh: what the cluster is called, its network devices, and how its addresses begin. */
export const { CLUSTER = '', CLUSTER_LINK: LINK = '', CLUSTER_NET: NET = '' } = process.env;

/** The nodes of the cluster; the first one is its only manager. */
export const NODES = [1, 2, 3] as const;

/** One of the nodes. */
export type Node = (typeof NODES)[number];

/** A task of a service, as Swarm's manager knows it. */
export interface Task {
  readonly id: string;
  readonly node: Node;
  /** With its tag, without its digest. */
  readonly image: string;
  /** Whether Swarm wants it to run. */
  readonly isWanted: boolean;
  /** `Running` (that is, healthy), `Starting`, `Complete`, `Failed`, and so on. */
  readonly state: string;
}

/** Runs the Docker client against a node's Engine; see {@link docker}. */
export function onNode(
  node: Node,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Promise<Output> {
  return docker(args, { ...env, ...engineOf(node) }, input);
}

/** What tells the Docker client to talk to a node's Engine. */
export const engineOf = (node: Node) => ({
  DOCKER_HOST: `unix:///run/${CLUSTER}/node${node}.sock`,
});

/** Runs the Docker client against the manager and returns what it printed, line by line. */
export async function onManager(...args: string[]): Promise<string[]> {
  const { stdout } = await onNode(1, args);
  return stdout.split('\n').filter(Boolean);
}

/** Where the website of a node responds. */
export const websiteOf = (node: Node): string => `http://${NET}.1${node}`;

/** Unplugs a node's network cable (`down`), or plugs it in again (`up`). */
export async function setCable(state: 'down' | 'up', node: Node): Promise<void> {
  await run('ip', ['link', 'set', `${LINK}${node}`, state]);
}

/** All tasks of a service that Swarm remembers, including those that have ended. */
export async function tasksOf(service: string): Promise<Task[]> {
  const format = '{{.ID}};{{.Node}};{{.Image}};{{.DesiredState}};{{.CurrentState}}';
  const lines = await onManager('service', 'ps', '--no-trunc', '--format', format, service);
  return lines.flatMap((line) => {
    const [id = '', name, reference = '', desired, since = ''] = line.split(';');
    const [image = ''] = reference.split('@');
    const [state = ''] = since.split(' '); // Running 3 seconds ago
    const node = NODES.find((number) => name === `node${number}`);
    // A task without a node has not been assigned yet.
    return node ? { id, node, image, isWanted: desired === 'Running', state } : [];
  });
}

/** Tells whether a task runs and is healthy, and is meant to. */
export const isRunning = ({ isWanted, state }: Task): boolean => isWanted && state === 'Running';

/** The tasks of a service that {@link isRunning} is true for. */
export const runningTasksOf = async (service: string): Promise<Task[]> =>
  (await tasksOf(service)).filter(isRunning);

/** The name of a task's container on its node. */
export async function containerOf({ id, node }: Task): Promise<string> {
  const filter = ['--filter', `label=com.docker.swarm.task.id=${id}`];
  const { stdout } = await onNode(node, ['ps', '--format', '{{.Names}}', ...filter]);
  return stdout.trim();
}
