import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A service as a process of its own. */
export interface Service {
  /** The lines of its log so far, parsed. */
  readonly log: { msg: string; level: string }[];
  /** Waits for a line of its log, and returns what the first group of the pattern matched. */
  logged(pattern: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code. */
  readonly exited: Promise<number | null>;
}

/**
 * Starts a service's bundle.
 *
 * @param folder the service's folder
 * @param env what its environment has besides the path
 */
export function startService(folder: string, env: NodeJS.ProcessEnv): Service {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--enable-source-maps', 'dist/server.js'],
    // FORCE_COLOR, which a test run may have, would make the log one for people.
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const log: Service['log'] = [];
  const waiting = new Set<() => void>();
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      log.push(JSON.parse(line));
      for (const look of waiting) look();
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));

  return {
    log,
    logged: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          for (const { msg } of log) {
            const match = pattern.exec(msg);
            if (match) resolve(match[1] ?? msg);
          }
        };
        waiting.add(look);
        look();
        void exited.then((code) =>
          reject(new Error(`exited with ${code}, never logged ${pattern}`)),
        );
      }),
    signal: (signal) => void child.kill(signal),
    exited,
  };
}
