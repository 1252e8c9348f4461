import { EDITOR, type READER } from '../api';
import { run } from '../docker';
import { documented } from '../documented';
import { engineOf, NET, type Node, onManager, onNode } from './swarm';

const STACK = 'student-list';

/** The services of `docker-stack.yml`, as Swarm calls them. */
export const API = `${STACK}_simple-api`;
export const WEBSITE = `${STACK}_website`;
export const DATABASE = `${STACK}_database`;

/** The registry as the nodes know it. */
const REGISTRY = `${NET}.1:5000`;

/** The versions of what the stack is made of. */
export interface Versions {
  /** Of the images. */
  tag: string;
  credentials: string;
}

/**
 * Deploys the stack in these versions and waits until Swarm has finished, which may also mean that it
 * has rolled back.
 */
export async function deploy({ tag, credentials }: Versions): Promise<void> {
  const args = ['--detach=false', '--quiet', '--compose-file', 'docker-stack.yml', STACK];
  await onNode(1, ['stack', 'deploy', ...args], {
    IMAGE_PREFIX: `${REGISTRY}/`,
    TAG: tag,
    CREDENTIALS_VERSION: credentials,
  });
}

/** Says where the database is, and creates its password. */
export async function prepareDatabase(): Promise<void> {
  await onManager('node', 'update', '--label-add', 'database=true', 'node1');
  await onNode(1, ['secret', 'create', 'database-password-1', '-'], {}, 'e2e-pä$$w"ord\n');
}

/** Brings a list in, as documented, through the replica on a node. @returns what the API responds */
export async function sendList(node: Node, list: Record<string, string | null>): Promise<string> {
  const commands = documented('The stack on several machines', 'merge-patch').replace(
    / <.*\n$/,
    '',
  );
  const { stdout } = await run(
    ['sh', '-ec', commands],
    { env: engineOf(node) },
    JSON.stringify(list),
  );
  return stdout;
}

/** Creates a version of the credentials that the website presents to the API, and of the editor's. */
export async function createCredentials(version: string, account: typeof READER): Promise<void> {
  for (const [kind, credentials] of Object.entries({ api: account, editor: EDITOR })) {
    for (const [name, value] of Object.entries(credentials)) {
      await onNode(1, ['secret', 'create', `${kind}-${name}-${version}`, '-'], {}, value);
    }
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
