import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How long a server may take until it listens, in ms. */
const START_MS = 30_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Starts a server as a process of its own.
 *
 * @param {string} file the program, relative to the repository
 * @param {Record<string, string>} [env]
 * @returns {Promise<string>} where it listens, without a slash at the end
 */
export async function startServer(file, env = {}) {
  const child = spawn(process.execPath, [file], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const tooLong = setTimeout(() => child.kill('SIGKILL'), START_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = /listening on (http:\/\/[\w.:]+)/.exec(line) ?? [];
      if (!url) continue;
      child.stdout.resume();
      return url;
    }
  } finally {
    clearTimeout(tooLong);
  }
  throw new Error(`${file} does not listen`);
}

/** Ends all servers. */
export function stopServers() {
  for (const child of running) child.kill('SIGKILL');
}
