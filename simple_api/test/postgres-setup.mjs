import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findPrograms } from './postgres-programs.mjs';

/** Where TEST_DATABASE_URL names no server for tests, the first test that asks for one has it started. */
export default async function setup() {
  const { TEST_DATABASE_URL, TEST_POSTGRES_PORT } = process.env; // the port: of the last run, when watching
  if (TEST_DATABASE_URL || TEST_POSTGRES_PORT) return;
  try {
    execFileSync(join(findPrograms(), 'postgres'), ['--version'], { stdio: 'pipe' });
    userInfo(); // initdb looks for it too
    /** @type {Promise<unknown[]> | undefined} */
    let started;
    const asked = createServer(async (socket) => {
      started ??= once(start(), 'message');
      socket.end(`${(await started)[0]}`);
    });
    await once(asked.listen(0, '127.0.0.1').unref(), 'listening');
    const address = asked.address();
    if (typeof address === 'object') process.env['TEST_POSTGRES_PORT'] = `${address?.port}`;
  } catch (error) {
    console.warn(`Tests with PostgreSQL are skipped, it does not run here: ${error}`);
  }
}

function start() {
  const file = join(import.meta.dirname, 'postgres-server.mjs');
  const options = ['-F', '-N', '300']; // not durable, for many connections
  const server = fork(file, options, { detached: true, stdio: 'ignore' }); // so that Ctrl-C does not reach it
  server.unref();
  server.channel?.unref();
  return server;
}
