import { docker } from '../docker';
import type { CREDENTIALS } from '../stack';
import { onManager, onNode } from './swarm';

// From run.mjs.
const {
  CLUSTER_STACK: STACK = '',
  CLUSTER_REGISTRY: REGISTRY = '',
  CLUSTER_PUSH_TO: PUSH_TO = '',
} = process.env;

/** The services of `docker-stack.yml`, as Swarm calls them. */
export const API = `${STACK}_simple-api`;
export const WEBSITE = `${STACK}_website`;

/** The port of the website on every node. */
export const WEBSITE_PORT = 3080;

/** The versions of what the stack is made of. */
export interface Versions {
  /** Of the images. */
  tag: string;
  list: string;
  credentials: string;
}

/**
 * Deploys the stack, or changes it into other versions, and waits until Swarm is done with it, which
 * may also mean that it has rolled back.
 */
export async function deploy({ tag, list, credentials }: Versions): Promise<void> {
  const args = ['--detach=false', '--quiet', '--compose-file', 'docker-stack.yml', STACK];
  await onNode(1, ['stack', 'deploy', ...args], {
    IMAGE_PREFIX: `${REGISTRY}/`,
    TAG: tag,
    LIST_VERSION: `${STACK}-${list}`,
    CREDENTIALS_VERSION: `${STACK}-${credentials}`,
    WEBSITE_PORT: String(WEBSITE_PORT),
  });
}

/** Creates a version of the list, which is one student an age. */
export async function createList(version: string, list: Record<string, string>): Promise<void> {
  const name = `student-list-${STACK}-${version}`;
  await onNode(1, ['config', 'create', name, '-'], {}, JSON.stringify(list));
}

/** Creates a version of what the website signs in to the API with. */
export async function createCredentials(
  version: string,
  credentials: typeof CREDENTIALS,
): Promise<void> {
  for (const [name, value] of Object.entries(credentials)) {
    await onNode(1, ['secret', 'create', `api-${name}-${STACK}-${version}`, '-'], {}, value);
  }
}

/**
 * Publishes an image that is another one and one more line.
 *
 * @param image what to call it: `api:2`
 * @param from the other one's name
 * @param line of a Dockerfile
 */
export async function publish(image: string, from: string, line: string): Promise<void> {
  const name = `${PUSH_TO}/${image}`;
  await docker(['build', '--quiet', '--tag', name, '-'], {}, `FROM ${PUSH_TO}/${from}\n${line}\n`);
  await docker(['push', '--quiet', name]);
}

/** An image's name as the nodes know it. */
export function published(image: string): string {
  return `${REGISTRY}/${image}`;
}

/** Replaces the image of one service alone, and waits until Swarm is done with it. */
export async function updateImage(service: string, image: string): Promise<void> {
  await onManager('service', 'update', '--quiet', '--image', published(image), service);
}

/** How far a service's last update is: `completed`, for example; `none` before the first. */
export async function updateState(service: string): Promise<string | undefined> {
  const format = '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{else}}none{{end}}';
  const [state] = await onManager('service', 'inspect', '--format', format, service);
  return state;
}
