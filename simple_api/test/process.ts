import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeAfter } from './closing';

/**
 * Runs a bundle, for one test, as its user would, with nothing of this process's environment but the path.
 *
 * @param folder where it is started
 */
export function runBundle(
  bundle: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  ...args: string[]
) {
  const child = spawn(process.execPath, [bundle, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
  });
  closeAfter(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return {
    child,
    output: () => output,
    exit: once(child, 'close'),
    /** Waits until the service says where it listens. */
    async url(): Promise<string> {
      for (;;) {
        const [, url] = /listening on (http:\S+?)"/.exec(output) ?? [];
        if (url) return url;
        if (child.exitCode !== null) throw new Error(output);
        await once(child.stdout, 'data');
      }
    },
  };
}
