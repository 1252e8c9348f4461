import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { docker, type Output } from '../docker';

const run = promisify(execFile);

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
  /** Whether it is meant to run. */
  readonly isWanted: boolean;
  /** What it does and since when: `Running 3 seconds ago`. It is running once it is healthy. */
  readonly state: string;
}

/** Runs the Docker client against a node's engine; see {@link docker}. */
export function onNode(
  node: Node,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Promise<Output> {
  return docker(args, { ...env, DOCKER_HOST: `unix:///run/swarm/node${node}/docker.sock` }, input);
}

/** Runs the Docker client against the manager and returns what it printed, line by line. */
export async function onManager(...args: string[]): Promise<string[]> {
  const { stdout } = await onNode(1, args);
  return stdout.split('\n').filter(Boolean);
}

/** Where a node's port answers. */
export function addressOf(node: Node, port: number): string {
  return `http://10.77.0.1${node}:${port}`;
}

/** Unplugs a node's network cable, or plugs it in again. */
export async function cable(action: 'cut' | 'mend', node: Node): Promise<void> {
  const { CLUSTER_SCRIPT = '' } = process.env; // from run.mjs
  await run(CLUSTER_SCRIPT, [action, String(node)]);
}

/** All tasks of a service that Swarm remembers, also those that have ended. */
export async function tasksOf(service: string): Promise<Task[]> {
  const format = '{{.ID}};{{.Node}};{{.Image}};{{.DesiredState}};{{.CurrentState}}';
  const lines = await onManager('service', 'ps', '--no-trunc', '--format', format, service);
  return lines.flatMap((line) => {
    const [id = '', name, reference = '', desired, state = ''] = line.split(';');
    const [image = ''] = reference.split('@');
    const node = NODES.find((number) => name === `node${number}`);
    // Without a node, it has not been given to one.
    return node ? { id, node, image, isWanted: desired === 'Running', state } : [];
  });
}

/** The tasks of a service that run as they should. */
export async function runningTasksOf(service: string): Promise<Task[]> {
  const tasks = await tasksOf(service);
  return tasks.filter(({ isWanted, state }) => isWanted && state.startsWith('Running'));
}

/** The name of the container that a task is, on its node. */
export async function containerOf({ id, node }: Task): Promise<string> {
  const filter = ['--filter', `label=com.docker.swarm.task.id=${id}`];
  const { stdout } = await onNode(node, ['ps', '--format', '{{.Names}}', ...filter]);
  return stdout.trim();
}
