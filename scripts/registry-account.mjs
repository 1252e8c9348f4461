// node scripts/registry-account.mjs [--remove] NAME: adds an account to the registry for a network,
// changes its password, or removes it. The password is asked for, or read from standard input: an
// argument would be in the shell's history, and for all users in the list of processes.
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Of bcrypt; each step doubles the time. The registry computes it again for every request. */
const COST = 10;

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
if (existsSync('.env')) process.loadEnvFile('.env');
// As in docker-compose-registry-secure.yml.
const folder = process.env['REGISTRY_ACCOUNTS'] || './registry/accounts';

try {
  const { name, remove } = readArguments();
  await changeAccount(join(folder, 'htpasswd'), name, remove ? null : await newHash());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @returns {{ name: string, remove: boolean }} */
function readArguments() {
  const { values, positionals } = parseArgs({
    options: { remove: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new Error('Usage: node scripts/registry-account.mjs [--remove] NAME');
  }
  // In the file a colon ends the name, and # starts a comment.
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name)) {
    throw new Error(
      'A name consists of 1 to 64 letters, digits and . _ @ -, and starts with a letter or a digit.',
    );
  }
  return { name, remove: values.remove };
}

/** Gets a password and hashes it. */
async function newHash() {
  const { default: bcrypt } = await import('bcryptjs').catch(() => {
    throw new Error('A package is missing. Install it with: npm ci');
  });
  const password = process.stdin.isTTY ? await askTwice() : await readInput();
  if ([...password].length < 8) throw new Error('A password has at least 8 characters.');
  if (/\p{Cc}/u.test(password)) throw new Error('A password has no control characters.');
  // bcrypt leaves out what is beyond, so that other passwords would do too.
  if (Buffer.byteLength(password) > 72) throw new Error('A password has at most 72 bytes.');
  return bcrypt.hash(password, COST);
}

/** Reads a password from standard input, up to where it is too long for certain. */
async function readInput() {
  let input = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    input += chunk;
    if (input.length > 1_000) break;
  }
  return input.replace(/\r?\n$/, '');
}

/** Reads a password from the terminal, without showing it. */
async function askTwice() {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal does not show what is typed.
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const typed = lines[Symbol.asyncIterator]();
  const ask = async (/** @type {string} */ prompt) => {
    process.stderr.write(prompt);
    const { value, done } = await typed.next();
    process.stderr.write('\n');
    if (done) throw new Error('Nothing was changed.'); // Ctrl-C or Ctrl-D
    return value;
  };
  try {
    const password = await ask('Password: ');
    if ((await ask('Once more: ')) === password) return password;
    throw new Error('These were two different passwords.');
  } finally {
    lines.close();
  }
}

/**
 * Sets or removes one line of a htpasswd file, as a whole or not at all: the registry may read it
 * at any time.
 *
 * @param {string} file which is made if it is not there
 * @param {string} name
 * @param {string | null} hash null removes the account
 */
async function changeAccount(file, name, hash) {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.new`;
  // Fails if it is there, so that two changes at a time do not undo each other.
  const handle = await open(next, 'wx', 0o600).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
    throw new Error(`Another change is under way. If it is not, remove ${next} and try again.`);
  });
  try {
    const before = (await readOrEmpty(file)).split('\n').filter(Boolean);
    const others = before.filter((line) => !line.startsWith(`${name}:`));
    const existed = others.length < before.length;
    if (hash === null && !existed) throw new Error(`There is no account ${name} in ${file}.`);

    const after = hash === null ? others : [...others, `${name}:${hash}`];
    await handle.writeFile(after.map((line) => `${line}\n`).join(''));
    await handle.sync();
    await rename(next, file);

    console.log(hash === null ? `Removed ${name}.` : `${existed ? 'Changed' : 'Added'} ${name}.`);
    if (after.length === 0) console.log('No account is left: nobody can use the registry now.');
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** @param {string} file */
async function readOrEmpty(file) {
  return readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
