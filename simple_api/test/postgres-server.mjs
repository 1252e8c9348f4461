// Forked, this starts a PostgreSQL server in a folder of its own, and sends its address, or why there is none. When
// whoever forked it is gone, however he ended, it removes both.
import { execFileSync, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let [programs = ''] = process.argv.slice(2);
const password = randomUUID();
const cwd = mkdtempSync(join(tmpdir(), 'postgres-'));
const env = { ...process.env, LC_ALL: 'C' };
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}; // it refuses root

/** @param {unknown} reason */
function end(reason) {
  rmSync(cwd, { recursive: true });
  process.send?.(String(reason), () => process.exit());
}

function start() {
  const port = randomInt(20_000, 30_000); // where no system finds a port for others
  const args = ['-D', 'data', '-F', '-p', `${port}`, '-c', 'unix_socket_directories='];
  const server = spawn(join(programs, 'postgres'), args, { cwd, env, ...user });
  let log = '';
  server.stderr.on('data', (text) => {
    log += text;
    if (!log.includes('ready to accept connections')) return;
    process.send?.(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`, () => {});
    server.stderr.removeAllListeners('data').resume();
  });
  server.once('close', () => (log.includes('Address already in use') ? start() : end(log)));
  process.once('disconnect', () => server.kill('SIGQUIT'));
}

try {
  writeFileSync(join(cwd, 'password'), password);
  if (user.uid) {
    execFileSync('cp', ['-R', join(programs, '..'), join(cwd, 'native')]); // he may not get to where they are
    execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, cwd]);
    programs = join(cwd, 'native/bin');
  }
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en'];
  const args = [
    'data',
    '--username=postgres',
    '--pwfile=password',
    '--auth=scram-sha-256',
    '--no-sync',
    ...locale,
  ];
  execFileSync(join(programs, 'initdb'), args, { cwd, env, stdio: 'pipe', ...user });
  start();
} catch (error) {
  end(error);
}
