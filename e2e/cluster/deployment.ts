import type { READER } from '../api';
import { NET, onManager, onNode } from './swarm';

const STACK = 'student-list';

/** The services of `docker-stack.yml`, as Swarm calls them. */
export const API = `${STACK}_simple-api`;
export const WEBSITE = `${STACK}_website`;

/** The registry as the nodes know it. */
const REGISTRY = `${NET}.1:5000`;

/** The versions of what the stack is made of. */
export interface Versions {
  /** Of the images. */
  tag: string;
  list: string;
  credentials: string;
}

/**
 * Deploys the stack in these versions and waits until Swarm has finished, which may also mean that it
 * has rolled back.
 */
export async function deploy({ tag, list, credentials }: Versions): Promise<void> {
  const args = ['--detach=false', '--quiet', '--compose-file', 'docker-stack.yml', STACK];
  await onNode(1, ['stack', 'deploy', ...args], {
    IMAGE_PREFIX: `${REGISTRY}/`,
    TAG: tag,
    LIST_VERSION: list,
    CREDENTIALS_VERSION: credentials,
  });
}

/** Creates a version of the list from names and ages. */
export async function createList(version: string, list: Record<string, string>): Promise<void> {
  const args = ['config', 'create', `student-list-${version}`, '-'];
  await onNode(1, args, {}, JSON.stringify(list));
}

/** Creates a version of the credentials that the website presents to the API. */
export async function createCredentials(version: string, account: typeof READER): Promise<void> {
  for (const [name, value] of Object.entries(account)) {
    await onNode(1, ['secret', 'create', `api-${name}-${version}`, '-'], {}, value);
  }
}

/** The full name of an image that run.sh has published, such as `api:2`. */
export const published = (image: string): string => `${REGISTRY}/${image}`;

/** Replaces the image of one service alone and waits until Swarm has finished. */
export async function updateImage(service: string, image: string): Promise<void> {
  await onManager('service', 'update', '--quiet', '--image', published(image), service);
}

/** The state of a service's last update, such as `completed`; `none` before the first. */
export async function updateState(service: string): Promise<string | undefined> {
  const format = '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{else}}none{{end}}';
  const [state] = await onManager('service', 'inspect', '--format', format, service);
  return state;
}
