import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

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
 * Runs a program, without the caller's configuration of the stack: variables such as `API_PASSWORD`
 * come from `env` alone.
 *
 * @param command the program and its arguments
 * @param input what it reads from its standard input
 * @throws Error when it fails; its message has what was printed
 */
export function run(
  [program = '', ...args]: string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv },
  input = '',
): Promise<Output> {
  const options = { cwd, env: { ...ownEnv(), ...env }, maxBuffer: 1e8, timeout: 300_000 };
  const output = execute(program, args, options);
  output.child.stdin?.on('error', () => undefined).end(input); // it need not read it
  return output;
}

/** Runs the Docker client; see `run`. */
export const docker = (args: string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Output> =>
  run(['docker', ...args], { env }, input);

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
