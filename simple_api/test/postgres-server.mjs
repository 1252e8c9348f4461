// Forked, this starts a PostgreSQL server in a folder of its own, and sends its address, or why there is none. When
// whoever forked it is gone, however he ended, it removes both.
import { execFileSync, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrograms } from './postgres-programs.mjs';

const options = process.argv.slice(2);
let programs = '';
const password = randomUUID();
const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
const isRoot = process.getuid?.() === 0; // which PostgreSQL refuses
const how = {
  cwd: folder,
  env: { ...process.env, LC_ALL: 'C' },
  ...(isRoot && { uid: 65534, gid: 65534 }),
};

/** @param {unknown} reason */
function end(reason) {
  rmSync(folder, { recursive: true });
  process.send?.(String(reason), () => process.exit());
}

function start() {
  const port = randomInt(20_000, 30_000); // where no system looks for one that is free
  const args = ['-D', 'data', '-p', `${port}`, '-c', 'unix_socket_directories=', ...options];
  const server = spawn(join(programs, 'postgres'), args, how);
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
  programs = findPrograms();
  writeFileSync(join(folder, 'password'), password);
  if (isRoot) {
    // Others may not get to where they are.
    execFileSync('cp', ['-R', join(programs, '..'), join(folder, 'native')]);
    execFileSync('chown', ['-R', '65534:65534', folder]);
    programs = join(folder, 'native/bin');
  }
  const user = ['--username=postgres', '--pwfile=password', '--auth=scram-sha-256'];
  // Text is not ordered by code point unless somebody asks for it.
  const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en'];
  execFileSync(join(programs, 'initdb'), ['--no-sync', ...user, ...text, 'data'], how);
  start();
} catch (error) {
  end(error);
}
