import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The repository's folder. */
export const ROOT = join(__dirname, '..');

/** What every project, container, image tag and volume of these tests is named after. */
export const PREFIX = 'student-list-e2e';

/** What a command printed. */
export interface Output {
  stdout: string;
  stderr: string;
}

/**
 * The variables of this process that the Docker client and other programs need. Nothing of the
 * repository's or the caller's configuration of the stack is among them.
 */
export function ownEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG, DOCKER_CONTEXT } = process.env;
  const own = { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG, DOCKER_CONTEXT };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

/**
 * Runs the Docker client. Nothing of the repository's or the caller's configuration of the stack
 * gets through to it: variables such as `API_PASSWORD` come from `env` alone.
 *
 * @param args as after `docker` on the command line
 * @param env variables on top of what the client itself needs
 * @param input what the command reads from its standard input
 * @throws Error when the command fails; its message has what was printed
 */
export function docker(args: string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Output> {
  const output = run('docker', args, {
    cwd: ROOT,
    env: { ...ownEnv(), ...env },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 300_000,
  });
  output.child.stdin?.end(input);
  return output;
}

/** Runs a command inside a container and returns what it wrote to its standard output. */
export async function exec(container: string, ...command: string[]): Promise<string> {
  const { stdout } = await docker(['exec', container, ...command]);
  return stdout;
}

/** A container's state as `docker inspect` has it, by a Go template. */
export async function inspect(name: string, format: string): Promise<string> {
  const { stdout } = await docker(['inspect', '--format', format, name]);
  return stdout.trim();
}
